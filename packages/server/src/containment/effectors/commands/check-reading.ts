import { basename, dirname } from "node:path";
import type { CommandWords, Refusal } from "./refuse-shell.ts";
import { READING_PROGRAMS } from "./reading-programs.ts";
import type { ReadingSpec } from "./reading-programs.ts";
import { refuseStatement } from "./refuse-statement.ts";

/** Where programs of the system lie; one of the same name elsewhere is another. */
const SYSTEM_FOLDERS = [
  "/bin",
  "/usr/bin",
  "/sbin",
  "/usr/sbin",
  "/usr/local/bin",
  "/usr/local/sbin",
  "/opt/homebrew/bin",
];

/**
 * What may read as root: programs that name no files, whose paths nobody could judge who may not see them, and none that
 * its environment keeps from doing more, which sudo would take away.
 */
const AS_ROOT = new Set(
  "ss lsof netstat iptables nft ufw fail2ban-client systemctl journalctl docker podman last lastb".split(" "),
);

/** A command that only reads, understood. */
export interface Reading {
  /** the program's name */
  readonly name: string;
  /** what is run, with what is put before the arguments */
  readonly argv: readonly string[];
  /** of the arguments, those that name files and folders */
  readonly paths: readonly string[];
  readonly isRecursive: boolean;
  /** the server that it is told to speak to over the network; null: none, or one of this machine by its own choice */
  readonly server: { readonly host: string; readonly port: number } | null;
}

export type ReadingCheck = { readonly ok: true; readonly reading: Reading } | ({ readonly ok: false } & Refusal);

const refuse = (at: number, why: string): ReadingCheck => ({ ok: false, at, why });

/** Whether a command is on the list of what only reads; options and sub-commands that are not on it are refused. */
export function checkReading({ program, args }: CommandWords): ReadingCheck {
  if (program === "sudo") {
    const [option, inner = "", ...rest] = args;
    if (option !== "-n") return refuse(0, "sudo is taken as `sudo -n PROGRAM …` only, which asks for no password");
    if (!AS_ROOT.has(inner)) return refuse(1, `as root only these may read: ${[...AS_ROOT].join(", ")}`);
    const checked = checkReading({ program: inner, args: rest });
    if (!checked.ok) return { ...checked, at: checked.at + 2 };
    return { ok: true, reading: { ...checked.reading, argv: ["sudo", "-n", ...checked.reading.argv] } };
  }
  const name = program.includes("/") ? basename(program) : program;
  if (program.includes("/") && !SYSTEM_FOLDERS.includes(dirname(program)))
    return refuse(-1, `only programs of the system may read; ${program} lies elsewhere`);
  const found = Object.hasOwn(READING_PROGRAMS, name) ? READING_PROGRAMS[name] : undefined;
  if (found === undefined) return refuse(-1, `${name} is not on the list of programs that only read; use command.run`);
  if (!("commands" in found)) return checkWords({ name, argv: [program] }, found, args, 0);
  const [command = ""] = args;
  const spec = Object.hasOwn(found.commands, command) ? found.commands[command] : undefined;
  if (spec === undefined) {
    const known = Object.keys(found.commands).join(", ");
    return refuse(0, `of ${name} only these may be used, first among its arguments: ${known}`);
  }
  return checkWords({ name, argv: [program, command] }, spec, args.slice(1), 1);
}

/** @param offset how many arguments stand before `words` */
function checkWords(
  { name, argv }: Pick<Reading, "name" | "argv">,
  spec: ReadingSpec,
  words: readonly string[],
  offset: number,
): ReadingCheck {
  const { valued = {}, required, never } = spec;
  const operands: { word: string; at: number }[] = [];
  let isTextGiven = false;
  let areOptionsOver = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (never?.test(word) === true) return refuse(offset + at, `${name} must not be given ${word} here`);
    if (areOptionsOver) operands.push({ word, at });
    else if (word === "--") areOptionsOver = true;
    else if (Object.hasOwn(valued, word)) {
      const value = words[++at] ?? "";
      if (valued[word]?.test(value) !== true || never?.test(value) === true)
        return refuse(
          offset + Math.min(at, words.length - 1),
          `${name} ${word} must not be given ${value || "nothing"}`,
        );
      const problem = name === "psql" && word === "-c" ? refuseStatement(value) : null;
      if (problem !== null) return refuse(offset + at, `the statement is not sent: ${problem}`);
      isTextGiven ||= spec.textOptions?.includes(word) === true;
    } else if (spec.options?.test(word) === true) continue;
    else if (word.startsWith("-") && word.length > 1)
      return refuse(
        offset + at,
        `${word} is not on the list of what ${name} may be given, because it may do more than read`,
      );
    else operands.push({ word, at });
  }
  if (required !== undefined && !words.some((word) => required.test(word)))
    return refuse(-1, `${name} needs an argument that fits ${required.source}, or it would not only read and end`);
  const paths = pathsOf(spec, operands, isTextGiven);
  const wrong = findWrongOperand(name, spec, operands, paths);
  if (wrong !== null) return { ok: false, ...wrong, at: offset + wrong.at };
  for (const option of spec.server === undefined ? [] : ["-h", "-p"])
    if (words.filter((word) => word === option).length > 1) return refuse(-1, `${name} takes ${option} once`);
  const isRecursive = spec.recursive !== undefined && words.some((word) => spec.recursive?.test(word));
  const run = [...argv, ...(spec.prepend ?? []), ...(isRecursive ? WITHOUT_SECRETS : []), ...words];
  return {
    ok: true,
    reading: { name, argv: run, paths: paths.map(({ word }) => word), isRecursive, server: serverOf(spec, words) },
  };
}

function serverOf({ server }: ReadingSpec, words: readonly string[]): Reading["server"] {
  const valueOf = (option: string) => words[words.indexOf(option) + 1];
  if (server === undefined || !words.includes("-h")) return null;
  const host = valueOf("-h") ?? "";
  return host.startsWith("/") ? null : { host, port: words.includes("-p") ? Number(valueOf("-p")) : server.port };
}

/** What a search through folders leaves out. */
const WITHOUT_SECRETS = [
  ...[".ssh", ".gnupg", ".aws", ".kube"].map((folder) => `--exclude-dir=${folder}`),
  ...["*.pem", "*.key", "*.p12", "*.pfx", ".env", ".env.*", "id_*", ".pgpass", ".netrc", ".git-credentials"].map(
    (file) => `--exclude=${file}`,
  ),
];

interface Operand {
  readonly word: string;
  readonly at: number;
}

function pathsOf(
  { operands: kind }: ReadingSpec,
  operands: readonly Operand[],
  isTextGiven: boolean,
): readonly Operand[] {
  if (kind === "paths") return operands;
  return kind === "text-paths" ? operands.slice(isTextGiven ? 0 : 1) : [];
}

function findWrongOperand(
  name: string,
  { operands: kind }: ReadingSpec,
  operands: readonly Operand[],
  paths: readonly Operand[],
): Refusal | null {
  const glob = paths.find(({ word }) => /[*?]/.test(word));
  if (glob !== undefined)
    return { at: glob.at, why: `there is no shell that would put names in the place of ${glob.word}; name the files` };
  if (kind === "paths" || kind === "text-paths") return null;
  const wrong = operands.find(({ word }) => kind?.test(word) !== true);
  return wrong === undefined ? null : { at: wrong.at, why: `${name} must not be given ${wrong.word} here` };
}
