// What the documents name must exist: paths, links, scripts, commands, options, environment variables.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { GLOBAL_OPTIONS } from "../packages/server/src/cli/command.ts";
import type { Command } from "../packages/server/src/cli/command.ts";
import { COMMANDS } from "../packages/server/src/cli/commands/index.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const ROOMS = "packages/server/src";
/** Where a word in code that begins like this is a path of this repository. */
const TOP = /^(?:\.ci|bench|docs|maps|packages|profiles|rules|scripts|test)\/|^[A-Z]+\.md$/;
const ROOT_PACKAGE = "package.json";

interface Document {
  /** relative to the repository */
  readonly file: string;
  readonly text: string;
}

type Kind = "path" | "link" | "script" | "command" | "option" | "variable";

/** Something that a document names, with what is wrong with it if it does not exist. */
interface Named {
  readonly kind: Kind;
  readonly what: string;
  readonly problem: string | null;
}

function readDocument(file: string): Document {
  return { file, text: readFileSync(path.join(ROOT, file), "utf8") };
}

function listDocuments(): string[] {
  const own = ["", "docs", "rules", "maps"].flatMap((directory) =>
    readdirSync(path.join(ROOT, directory))
      .filter((name) => name.endsWith(".md"))
      .map((name) => path.posix.join(directory, name)),
  );
  const packages = readdirSync(path.join(ROOT, "packages")).map((name) => `packages/${name}/README.md`);
  return [...own, ...packages.filter((file) => existsSync(path.join(ROOT, file)))];
}

/** The parts of a document: prose with its code blocks blanked out, shell lines, and code spans. */
function partsOf(text: string) {
  const shell: string[] = [];
  const prose = text.replace(/^ *```(\w*)[^\n]*\n([^]*?)^ *```/gm, (whole, language: string, body: string) => {
    if (language === "sh") shell.push(...body.split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim()));
    return whole.replaceAll(/[^\n]/g, " ");
  });
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? "").replaceAll(/\s+/g, " "));
  return { prose, shell: shell.filter((line) => line !== ""), spans };
}

function named(kind: Kind, what: string, exists: boolean, problem: string): Named {
  return { kind, what, problem: exists ? null : `${what}: ${problem}` };
}

function pathsIn(code: string): Named[] {
  return code
    .split(/[\s,;"'()=]+/)
    .map((word) => word.replace(/[:.]$/, "").replace(/\/[A-Z]+$/, ""))
    .flatMap((word) => {
      const inRoom = /^[a-z]+\/[\w./-]+\.ts$/.test(word) && !TOP.test(word);
      if (!inRoom && !TOP.test(word)) return [];
      const exists = existsSync(path.join(ROOT, inRoom ? ROOMS : "", word));
      return [named("path", word, exists, "there is no such file or directory")];
    });
}

function headingsOf(text: string): Set<string> {
  const { prose } = partsOf(text);
  return new Set(
    [...prose.matchAll(/^#+ +(.+)$/gm)].map((match) =>
      (match[1] ?? "")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Links to files and headings of this repository; nothing is fetched. */
function linksIn({ file, text }: Document): Named[] {
  return [...partsOf(text).prose.matchAll(/\]\(([^()\s]+)\)/g)].flatMap((match) => {
    const target = match[1] ?? "";
    if (/^[a-z]+:/.test(target)) return [];
    const [place = "", anchor] = target.split("#");
    const to = place === "" ? file : path.posix.join(path.posix.dirname(file), place);
    if (to !== file && !existsSync(path.join(ROOT, to))) return [named("link", target, false, "leads nowhere")];
    const found = anchor === undefined || headingsOf(to === file ? text : readDocument(to).text).has(anchor);
    return [named("link", target, found, `${to} has no such heading`)];
  });
}

function scriptsOf(packageFile: string): unknown {
  const parsed: unknown = JSON.parse(readFileSync(path.join(ROOT, packageFile), "utf8"));
  return typeof parsed === "object" && parsed !== null && "scripts" in parsed ? parsed.scripts : undefined;
}

function scriptsIn(code: string): Named[] {
  return [...code.matchAll(/\bnpm (?:run )?([\w:-]+)(?: -w ([\w/-]+))?/g)].flatMap((match) => {
    const [, script = "", workspace] = match;
    const isRun = match[0].startsWith("npm run ");
    if (!isRun && script !== "start" && script !== "test") return [];
    const scripts = scriptsOf(workspace === undefined ? ROOT_PACKAGE : path.join(workspace, ROOT_PACKAGE));
    const exists = typeof scripts === "object" && scripts !== null && Object.hasOwn(scripts, script);
    return [named("script", match[0], exists, "there is no such script")];
  });
}

function commandFor(words: readonly string[]): Command | undefined {
  return COMMANDS.toSorted((a, b) => b.name.length - a.name.length).find((command) =>
    command.name.split(" ").every((word, index) => words[index] === word),
  );
}

function optionsOf(command: Command): Set<string> {
  return new Set(Object.keys({ ...command.options, ...GLOBAL_OPTIONS }).map((name) => `--${name}`));
}

/** `firebreak COMMAND …` where a command begins; what follows ` -- ` belongs to the agent. */
function commandsIn(code: string): Named[] {
  const plain = code.replaceAll(/"[^"]*"|'[^']*'/g, "TEXT");
  return [...plain.matchAll(/(?:^|[|;&(] *|npx )(?:[A-Z_]+=\S+ +)*firebreak +([^|;&]+)/g)].flatMap((match) => {
    const [line = ""] = (match[1] ?? "").split(" -- ");
    const words = line.trim().split(" ");
    const [first = ""] = words;
    if (first.startsWith("-") || /^[A-Z]+$/.test(first)) return [];
    const command = commandFor(words);
    if (command === undefined) return [namedGroup(words)];
    const options = optionsOf(command);
    const given = words.filter((word) => word.startsWith("--"));
    return [
      named("command", command.name, true, ""),
      ...given.map((option) => named("option", option, options.has(option), `firebreak ${command.name} has none`)),
    ];
  });
}

function namedGroup(words: readonly string[]): Named {
  const isGroup = words.length === 1 && COMMANDS.some((command) => command.name.startsWith(`${words[0]} `));
  return named("command", words.slice(0, 2).join(" "), isGroup, "there is no such command");
}

/** An option that stands alone in code must be one of some command. */
function looseOptionsIn(span: string): Named[] {
  const match = /^(--[a-z][a-z-]*)/.exec(span);
  if (match?.[1] === undefined) return [];
  const [, option] = match;
  const exists = COMMANDS.some((command) => optionsOf(command).has(option));
  return [named("option", option, exists, "no command has it")];
}

/** Every variable that the shipped code reads by name. */
function readVariables(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync(path.join(ROOT, "packages"))) {
    const source = path.join(ROOT, "packages", name, "src");
    for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
      if (!/\.tsx?$/.test(file) || file.endsWith(".test.ts")) continue;
      const text = readFileSync(path.join(source, file), "utf8");
      for (const match of text.matchAll(/\["(FIREBREAK_[A-Z_]+)"\](?! =[^=])/g)) found.add(match[1] ?? "");
    }
  }
  return found;
}

const variables = readVariables();

function variablesIn(text: string): Named[] {
  return [...text.matchAll(/\bFIREBREAK_[A-Z][A-Z_]*\b/g)].map(([name]) =>
    named("variable", name, variables.has(name), "nothing reads this variable"),
  );
}

function namedIn(document: Document): Named[] {
  const { text } = document;
  const { shell, spans } = partsOf(text);
  return [
    ...linksIn(document),
    ...[...shell, ...spans].flatMap((code) => [...pathsIn(code), ...scriptsIn(code), ...commandsIn(code)]),
    ...spans.flatMap(looseOptionsIn),
    ...variablesIn(text),
  ];
}

function problemsOf(document: Document): string[] {
  return namedIn(document).flatMap(({ problem }) => (problem === null ? [] : [problem]));
}

const CANARY = `# A canary

See [this](no-such-file.md), [that](../README.md#no-such-heading), [here](#a-canary) and
[there](#no-such-part).
\`packages/server/src/no-such.ts\`, \`alerts/no-such.ts\`, \`alerts/raise-alert.ts\`, \`test/no-such\`,
\`npm run no-such\`, \`npm run generate-not -w packages/console\`, \`firebreak fly\`, \`firebreak incident fly\`,
\`firebreak stop --gently\`, \`--no-such-option\`, \`FIREBREAK_NO_SUCH\`.

\`\`\`sh
npm run check            # fine
cat x | firebreak events sned -
firebreak run --agent bot -- ./bot --fast
firebreak stop --agent "a -- b" --softly
node scripts/no-such.mjs
\`\`\`
`;

describe("what the documents name exists", () => {
  test.each(listDocuments())("%s", (file) => {
    expect(problemsOf(readDocument(file))).toEqual([]);
  });

  test("the check finds what does not exist, and nothing else", () => {
    expect(problemsOf({ file: "docs/canary.md", text: CANARY })).toEqual([
      "no-such-file.md: leads nowhere",
      "../README.md#no-such-heading: README.md has no such heading",
      "#no-such-part: docs/canary.md has no such heading",
      "events sned: there is no such command",
      "--softly: firebreak stop has none",
      "scripts/no-such.mjs: there is no such file or directory",
      "packages/server/src/no-such.ts: there is no such file or directory",
      "alerts/no-such.ts: there is no such file or directory",
      "test/no-such: there is no such file or directory",
      "npm run no-such: there is no such script",
      "npm run generate-not -w packages/console: there is no such script",
      "fly: there is no such command",
      "incident fly: there is no such command",
      "--gently: firebreak stop has none",
      "--no-such-option: no command has it",
      "FIREBREAK_NO_SUCH: nothing reads this variable",
    ]);
  });

  test("the check sees what it is for", () => {
    const counts = new Map<Kind, number>();
    for (const { kind } of listDocuments().flatMap((file) => namedIn(readDocument(file)))) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    for (const kind of ["path", "link", "script", "command", "option", "variable"] as const) {
      expect(counts.get(kind) ?? 0, kind).toBeGreaterThan(10);
    }
  });
});

test("the map for whoever changes code stays short", () => {
  expect(readDocument("AGENTS.md").text.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});
