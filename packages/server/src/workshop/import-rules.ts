import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Logsource, RuleError, RuleInfo } from "@firebreak/sigma";
import { KNOWN_SOURCES, loadRules, sourcesFor } from "../detection/index.ts";
import type { LoadedRules } from "../detection/index.ts";
import { OperatorError, writeFileAtomic } from "../kernel/index.ts";

/** One rule file that would be, or was, copied. */
export interface ImportedFile {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly ruleIds: readonly string[];
  /** `same`: it lies there already, byte for byte */
  readonly state: "new" | "changed" | "same";
}

export interface ImportPlan {
  readonly into: string;
  readonly files: readonly ImportedFile[];
  /** what does not load, with the reason; its file is not copied */
  readonly refused: readonly RuleError[];
  /** rules whose id is in force from another file; their files are not copied */
  readonly duplicates: readonly { readonly file: string; readonly ruleId: string; readonly inForce: string }[];
  /** rules that load and are never asked, because nothing here feeds their log source; most frequent first */
  readonly unfed: readonly { readonly logsource: string; readonly rules: number }[];
  /** files that were left out because only rules with a source were wanted */
  readonly leftOut: number;
  /** texts of licences that lie beside the rules, or above them in their repository */
  readonly licences: readonly string[];
  readonly authors: number;
}

export interface ImportOptions {
  readonly from: string;
  /** the home's folder of rules */
  readonly rulesDir: string;
  readonly inForce: readonly RuleInfo[];
  /** leave out files of which no rule has a source here */
  readonly onlyFed: boolean;
  readonly placeholders?: Readonly<Record<string, readonly string[]>>;
}

/** Says what an import would copy and why it would leave the rest. Nothing is written. */
export async function planImport(options: ImportOptions): Promise<ImportPlan> {
  const { from, rulesDir } = options;
  if (isInside(rulesDir, from) || isInside(from, rulesDir)) {
    throw new OperatorError(
      `${from} overlaps with the folder of rules that is in use.`,
      "Name a folder outside of it: what lies in there is loaded already.",
    );
  }
  const loaded = await loadRules([from], { placeholders: options.placeholders });
  const into = path.join(rulesDir, "imported", path.basename(from));
  const duplicates = findDuplicates(loaded, options.inForce, into);
  const skipped = new Set([...loaded.errors, ...duplicates].map(({ file }) => file));
  const sound = loaded.sources.filter(({ name }) => !skipped.has(name));
  const byFile = groupBy(loaded.rules, ({ file }) => file);
  const wanted = options.onlyFed ? sound.filter(({ name }) => (byFile.get(name) ?? []).some(isFed)) : sound;
  const kept = new Set(wanted.map(({ name }) => name));
  return {
    into,
    files: wanted.map(({ name, text }) => {
      const to = path.join(into, path.relative(from, name) || path.basename(name));
      return { from: name, to, text, ruleIds: (byFile.get(name) ?? []).map(({ id }) => id), state: stateOf(to, text) };
    }),
    refused: loaded.errors,
    duplicates,
    unfed: countUnfed(loaded.rules.filter(({ file }) => kept.has(file))),
    leftOut: sound.length - wanted.length,
    licences: findLicences(from),
    authors: wanted.filter(({ text }) => /^author:\s*\S/m.test(text)).length,
  };
}

/** Copies the files byte for byte, so that authors and licences stay in them, and the texts of licences beside them. */
export function writeImport(plan: ImportPlan): void {
  for (const { to, text, state } of plan.files) {
    if (state === "same") continue;
    mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
    writeFileAtomic(to, text);
  }
  if (plan.files.length === 0) return;
  for (const file of plan.licences) copyFileSync(file, path.join(plan.into, path.basename(file)));
}

function stateOf(to: string, text: string): ImportedFile["state"] {
  if (!existsSync(to)) return "new";
  return readFileSync(to, "utf8") === text ? "same" : "changed";
}

/** A rule that an earlier import of the same folder brought is none: its file is replaced. */
function findDuplicates(loaded: LoadedRules, inForce: readonly RuleInfo[], into: string): ImportPlan["duplicates"] {
  const known = new Map(inForce.filter(({ file }) => !isInside(into, file)).map(({ id, file }) => [id, file]));
  return loaded.rules.flatMap(({ id, file }) => {
    const other = known.get(id);
    return other === undefined ? [] : [{ file, ruleId: id, inForce: other }];
  });
}

/** Correlations have no log source of their own. */
const isFed = ({ logsource }: RuleInfo): boolean =>
  logsource === undefined || sourcesFor(logsource, KNOWN_SOURCES).length > 0;

function countUnfed(rules: readonly RuleInfo[]): ImportPlan["unfed"] {
  const unfed = rules.filter((rule) => !isFed(rule));
  const groups = groupBy(unfed, ({ logsource = {} }) => describeLogsource(logsource));
  const counts = [...groups].map(([logsource, group]) => ({ logsource, rules: group.length }));
  return counts.toSorted((a, b) => b.rules - a.rules || a.logsource.localeCompare(b.logsource));
}

/** In the order that people say it, whatever the file's. */
function describeLogsource({ product, category, service, ...others }: Logsource): string {
  return [product, category, service, ...Object.values(others)].filter((part) => part !== undefined).join("/");
}

const LICENCE = /^(licen[cs]e|copying|notice)\b/i;
const PARENTS_MAX = 6;

/** Beside the rules, else in the nearest folder above that has one; never above the root of their repository. */
function findLicences(from: string): string[] {
  let place = from;
  for (let step = 0; step < PARENTS_MAX; step++) {
    const names = existsSync(place) ? readdirSync(place, { withFileTypes: true }) : [];
    const found = names.filter((entry) => entry.isFile() && LICENCE.test(entry.name));
    if (found.length > 0) return found.map(({ name }) => path.join(place, name));
    const parent = path.dirname(place);
    if (parent === place || existsSync(path.join(place, ".git"))) return [];
    place = parent;
  }
  return [];
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function isInside(directory: string, file: string): boolean {
  const relative = path.relative(directory, file);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}
