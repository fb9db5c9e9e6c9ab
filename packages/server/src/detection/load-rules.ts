import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "@firebreak/sigma";
import type { RuleError, RuleInfo, RuleSource, Ruleset } from "@firebreak/sigma";
import { codeOf, messageOf } from "../kernel/index.ts";

export interface LoadOptions {
  /** the values that `%name%` stands for in rules */
  readonly placeholders?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The texts that were in force: a file that was sound in them and is broken now keeps its rules, and is named. */
  readonly previous?: readonly RuleSource[] | undefined;
}

/** What there is to know of rules that were loaded. */
export interface RulesInForce {
  /** the texts in force, which for a file that broke are those from before */
  readonly sources: readonly RuleSource[];
  /** changes when a file does */
  readonly fingerprint: string;
  readonly rules: readonly RuleInfo[];
  /** files and rules that do not load, each with what to do; the others work */
  readonly errors: readonly RuleError[];
  /** the rules that each correlation refers to, by id */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** how far back they look at most, ms */
  readonly windowMs: number;
}

/** With the rules themselves, which judge. */
export interface LoadedRules extends RulesInForce {
  readonly ruleset: Ruleset;
}

const FILES_MAX = 20_000;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Reads `*.yml` and `*.yaml` in the directories and below, but not the golden cases (`*.cases.yml`). A directory that
 * does not exist holds no rules; a file stands for itself.
 */
export async function loadRules(directories: readonly string[], options: LoadOptions = {}): Promise<LoadedRules> {
  const fingerprint = await fingerprintRules(directories);
  const sources: RuleSource[] = [];
  const errors: RuleError[] = [];
  for (const directory of directories) {
    for (const file of await findRuleFiles(directory, errors)) {
      const source = await readSource(file, errors);
      if (source !== undefined) sources.push(source);
    }
  }
  if (sources.length > FILES_MAX) {
    const message = `the directories hold ${sources.length} rule files; the limit is ${FILES_MAX}`;
    errors.push(
      faultOf(sources[FILES_MAX]?.name ?? "", message, "Move rules that do not apply out of the directories."),
    );
    sources.length = FILES_MAX;
  }
  const compiled = compileKeeping(sources, options);
  const { ruleset } = compiled;
  return {
    ruleset,
    rules: ruleset.rules,
    errors: [...errors, ...compiled.errors],
    sources: compiled.sources,
    fingerprint,
    references: ruleset.references(),
    windowMs: ruleset.windowMs,
  };
}

/** Names, sizes and times of the rule files, as one hash: read again only what it has changed for. */
export async function fingerprintRules(directories: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const directory of directories) {
    for (const file of await findRuleFiles(directory, [])) {
      const found = await stat(file).catch(() => undefined);
      hash.update(`${file}\n${found?.size}\n${found?.mtimeMs}\n${found?.ino}\n`);
    }
  }
  return hash.digest("hex");
}

function compileKeeping(
  sources: readonly RuleSource[],
  { placeholders = {}, previous }: LoadOptions,
): Pick<LoadedRules, "ruleset" | "errors" | "sources"> {
  const fresh = compile(sources, { placeholders });
  const broken = new Set(fresh.errors.map(({ file }) => file));
  const before = new Map(previous?.map(({ name, text }) => [name, text]));
  const isKept = ({ name, text }: RuleSource) => broken.has(name) && before.has(name) && before.get(name) !== text;
  const kept = new Set(sources.filter(isKept).map(({ name }) => name));
  if (kept.size === 0) return { ruleset: fresh, errors: fresh.errors, sources };
  const inForce = sources.map((one) => (kept.has(one.name) ? { ...one, text: before.get(one.name) ?? "" } : one));
  const ruleset = compile(inForce, { placeholders });
  const named = fresh.errors
    .filter(({ file }) => kept.has(file))
    .map((error) => ({ ...error, message: `${error.message} (the rules of this file from before stay in force)` }));
  return { ruleset, errors: [...named, ...ruleset.errors.filter(({ file }) => !kept.has(file))], sources: inForce };
}

async function findRuleFiles(directory: string, errors: RuleError[]): Promise<string[]> {
  try {
    const names = await readdir(directory, { recursive: true });
    return names
      .filter((name) => /\.ya?ml$/.test(name) && !/\.cases\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => join(directory, name));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    if (codeOf(error) === "ENOTDIR") return [directory];
    errors.push(faultOf(directory, `the directory cannot be read: ${messageOf(error)}`, "Correct its permissions."));
    return [];
  }
}

async function readSource(file: string, errors: RuleError[]): Promise<RuleSource | undefined> {
  try {
    const { size } = await stat(file);
    if (size <= FILE_BYTES_MAX) return { name: file, text: await readFile(file, "utf8") };
    errors.push(
      faultOf(file, `the file has ${size} bytes; the limit is ${FILE_BYTES_MAX}`, "Split the rules over files."),
    );
  } catch (error) {
    errors.push(
      faultOf(file, `the file cannot be read: ${messageOf(error)}`, "Correct its permissions, or remove it."),
    );
  }
  return undefined;
}

function faultOf(file: string, message: string, remedy: string): RuleError {
  return { file, line: 1, column: 1, message, remedy };
}
