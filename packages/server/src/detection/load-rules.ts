import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "@firebreak/sigma";
import type { RuleError, RuleInfo, RuleSource, Ruleset } from "@firebreak/sigma";
import { codeOf, messageOf } from "../kernel/index.ts";

export interface LoadedRules {
  readonly ruleset: Ruleset;
  readonly rules: readonly RuleInfo[];
  /** files and rules that do not load, each with what to do; the others work */
  readonly errors: readonly RuleError[];
}

const FILES_MAX = 20_000;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Reads `*.yml` and `*.yaml` in the directories and below, but not the golden cases (`*.cases.yml`). A directory that
 * does not exist holds no rules; a file stands for itself.
 */
export async function loadRules(directories: readonly string[]): Promise<LoadedRules> {
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
  const ruleset = compile(sources);
  return { ruleset, rules: ruleset.rules, errors: [...errors, ...ruleset.errors] };
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
