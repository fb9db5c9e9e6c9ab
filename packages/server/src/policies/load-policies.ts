import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { policyFile, secondsOf } from "@firebreak/protocol";
import type {
  BreakerPolicy,
  BudgetPolicy,
  ConcurrencyPolicy,
  PolicyFile,
  PolicyMode,
  PolicyRuleSource,
} from "@firebreak/protocol";
import type { RuleInfo } from "@firebreak/sigma";
import { fingerprintRules, loadRules } from "../detection/index.ts";
import { codeOf, messageOf, problemsOfSchema, readTextFile, readYaml } from "../kernel/index.ts";
import type { FileProblem, YamlSource } from "../kernel/index.ts";
import { lintActFields, lintActRule } from "./lint-act-rules.ts";

/** What the policy files of some directories say, ready to be published. */
export interface LoadedPolicies {
  readonly rules: readonly PolicyRuleSource[];
  readonly ruleInfos: readonly RuleInfo[];
  readonly budgets: readonly BudgetPolicy[];
  readonly breakers: readonly BreakerPolicy[];
  readonly concurrency: readonly ConcurrencyPolicy[];
  /** what does not load, with its place; the rest works */
  readonly problems: readonly FileProblem[];
  /** the sound files, for when one of them breaks */
  readonly files: ReadonlyMap<string, PolicyFile>;
}

export interface PolicySources {
  /** an entry of an earlier directory wins over one of the same name in a later */
  readonly dirs: readonly string[];
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
}

const FILES_MAX = 200;
const RULES_MAX = 2000;

/**
 * Reads `*.yaml` and `*.yml` of the directories, and the Sigma rules in `rules` below them.
 *
 * @param previous what was in force: a file that was sound in it and is broken now stays as it was, and is named
 */
export async function loadPolicies(sources: PolicySources, previous?: LoadedPolicies): Promise<LoadedPolicies> {
  const problems: FileProblem[] = [];
  const files = new Map<string, PolicyFile>();
  const merged = noEntries();
  for (const dir of sources.dirs) {
    const own = noEntries();
    for (const file of await listFiles(dir, problems)) {
      const found = await readPolicyFile(file, own, problems);
      const document = found ?? previous?.files.get(file);
      if (found === undefined && document !== undefined) problems.push(keptFile(file));
      if (document === undefined) continue;
      files.set(file, document);
      admit(document, own);
    }
    layUnder(merged.budgets, own.budgets);
    layUnder(merged.breakers, own.breakers);
    layUnder(merged.concurrency, own.concurrency);
  }
  const rules = await loadActRules(sources, problems, previous);
  return {
    ...rules,
    budgets: [...merged.budgets.values()],
    breakers: [...merged.breakers.values()],
    concurrency: [...merged.concurrency.values()],
    problems,
    files,
  };
}

/** Names, sizes and times of all files: read again only when one changed. */
export async function fingerprintPolicies({ dirs }: PolicySources): Promise<string> {
  const parts = [await fingerprintRules(dirs.map(rulesDirOf))];
  for (const dir of dirs) {
    for (const file of await listFiles(dir, [])) {
      const found = await stat(file).catch(() => undefined);
      parts.push(`${file} ${found?.size} ${found?.mtimeMs} ${found?.ino}`);
    }
  }
  return parts.join("\n");
}

const KINDS = ["budgets", "breakers", "concurrency"] as const;

interface Merged {
  readonly budgets: Map<string, BudgetPolicy>;
  readonly breakers: Map<string, BreakerPolicy>;
  readonly concurrency: Map<string, ConcurrencyPolicy>;
}

function noEntries(): Merged {
  return { budgets: new Map(), breakers: new Map(), concurrency: new Map() };
}

const rulesDirOf = (dir: string): string => join(dir, "rules");

function layUnder<T>(upper: Map<string, T>, lower: Map<string, T>): void {
  for (const [name, entry] of lower) if (!upper.has(name)) upper.set(name, entry);
}

async function listFiles(dir: string, problems: FileProblem[]): Promise<string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
    if (names.length > FILES_MAX) {
      problems.push(
        problemOf(dir, `it holds ${names.length} files; the limit is ${FILES_MAX}`, "Put entries together."),
      );
    }
    return names.slice(0, FILES_MAX).map((name) => join(dir, name));
  } catch (error) {
    if (codeOf(error) !== "ENOENT") {
      problems.push(problemOf(dir, `the directory cannot be read: ${messageOf(error)}`, "Correct its permissions."));
    }
    return [];
  }
}

async function readPolicyFile(file: string, own: Merged, problems: FileProblem[]): Promise<PolicyFile | undefined> {
  const read = await readTextFile(file);
  if (read.kind === "missing") return undefined;
  if (read.kind === "problem") {
    problems.push(read.problem);
    return undefined;
  }
  const yaml = readYaml(file, read.text);
  if (!yaml.ok) {
    problems.push(...yaml.problems);
    return undefined;
  }
  const parsed = policyFile.safeParse(yaml.source.value);
  const found = parsed.success
    ? repeatedNames(yaml.source, parsed.data, own)
    : problemsOfSchema(yaml.source, parsed.error.issues);
  problems.push(...found);
  return parsed.success && found.length === 0 ? parsed.data : undefined;
}

function repeatedNames(source: YamlSource, document: PolicyFile, own: Merged): FileProblem[] {
  return KINDS.flatMap((kind) => {
    const seen = new Set(own[kind].keys());
    return document[kind].flatMap(({ name }, index) => {
      if (!seen.has(name)) {
        seen.add(name);
        return [];
      }
      const place = source.positionOf([kind, index, "name"]);
      const remedy = "Give each its own name: denials and commands call it by it.";
      return [{ file: source.file, ...place, message: `two of ${kind} are named ${name}`, remedy }];
    });
  });
}

function admit(document: PolicyFile, own: Merged): void {
  for (const { mode, ...entry } of document.budgets) {
    if (isActive(mode)) own.budgets.set(entry.name, { ...entry, mode });
  }
  for (const { mode, window, openFor, failures = null, errorPercent = null, ...entry } of document.breakers) {
    if (!isActive(mode)) continue;
    const times = { windowMs: secondsOf(window) * 1000, openMs: secondsOf(openFor) * 1000 };
    own.breakers.set(entry.name, { ...entry, ...times, failures, errorPercent, mode });
  }
  for (const { mode, ...entry } of document.concurrency) {
    if (isActive(mode)) own.concurrency.set(entry.name, { ...entry, mode });
  }
}

const isActive = (mode: PolicyMode): mode is Exclude<PolicyMode, "off"> => mode !== "off";

async function loadActRules(
  { dirs, placeholders }: PolicySources,
  problems: FileProblem[],
  previous: LoadedPolicies | undefined,
): Promise<Pick<LoadedPolicies, "rules" | "ruleInfos">> {
  const loaded = await loadRules(dirs.map(rulesDirOf), { placeholders });
  const found = [
    ...loaded.errors,
    ...loaded.rules.flatMap(lintActRule),
    ...loaded.sources.flatMap(({ name, text }) => lintActFields(name, text)),
  ];
  if (loaded.rules.length > RULES_MAX) {
    const message = `there are ${loaded.rules.length} rules; gates take ${RULES_MAX}`;
    found.push(
      problemOf(rulesDirOf(dirs[0] ?? ""), message, "Leave to detection what need not be denied before it happens."),
    );
  }
  problems.push(...found.map(({ file, line, column, message, remedy }) => ({ file, line, column, message, remedy })));
  const broken = new Set(found.map(({ file }) => file));
  const before = new Map(previous?.rules.map((one) => [one.name, one]));
  const sources = loaded.sources.flatMap((one) => {
    if (!broken.has(one.name)) return [one];
    const kept = before.get(one.name);
    if (kept !== undefined) problems.push(keptFile(one.name));
    return kept ?? [];
  });
  const kept = previous?.ruleInfos.filter(({ file }) => broken.has(file)) ?? [];
  return {
    rules: sources.slice(0, RULES_MAX),
    ruleInfos: [...loaded.rules.filter(({ file }) => !broken.has(file)), ...kept],
  };
}

function keptFile(file: string): FileProblem {
  return problemOf(file, "what this file said before stays in force", "Mend the file; it is read again by itself.");
}

function problemOf(file: string, message: string, remedy: string): FileProblem {
  return { file, line: 1, column: 1, message, remedy };
}
