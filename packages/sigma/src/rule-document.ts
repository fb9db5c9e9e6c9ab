import { compileCorrelation, readGenerate, type Correlation } from "./correlation.ts";
import { compileDetection, type Detection } from "./detection.ts";
import { suggest } from "./nearest.ts";
import type { RuleScope } from "./predicate.ts";
import { shorten } from "./text.ts";
import type { Logsource, RuleInfo } from "./types.ts";
import type { Cursor } from "./yaml-cursor.ts";

/** A document that compiled by itself; references between rules are resolved by the linker. */
export interface RuleDraft {
  readonly info: Omit<RuleInfo, "alerts" | "windowMs">;
  readonly root: Cursor;
  readonly detection?: Detection;
  readonly correlation?: Correlation;
}

const LEVELS: readonly string[] = ["informational", "low", "medium", "high", "critical"];

/** The id a document is known by in errors, read with care because the document may be anything. */
export function peekRuleId(root: Cursor): string | undefined {
  if (!root.isMap) return undefined;
  for (const name of ["id", "name", "title"]) {
    const node = root.get(name);
    const value = node?.isScalar === true ? node.scalar() : null;
    if (value !== null) return shorten(name === "title" ? slug(String(value)) : String(value), 200);
  }
  return undefined;
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "") || "rule";

export function compileDocument(root: Cursor, scope: RuleScope): RuleDraft {
  if (!root.isMap) root.fail("a rule is a map", "begin with `title:`");
  const detection = root.get("detection");
  const correlation = root.get("correlation");
  if (detection !== undefined && correlation !== undefined) {
    correlation.fail("a rule has a detection or a correlation, not both", "put them in two documents");
  }
  if (detection !== undefined) {
    const logsource = readLogsource(root);
    const info = { ...readInfo(root), kind: "selection", logsource, needsTime: false } as const;
    return { info, root, detection: compileDetection(detection, scope) };
  }
  if (correlation === undefined) return root.fail("the rule has no detection", "add `detection:` with a condition");
  const compiled = compileCorrelation(correlation, scope);
  const generate = compiled.generate || readGenerate(root.get("generate"));
  const info = { ...readInfo(root), kind: "correlation", needsTime: compiled.own?.kind === "absence" } as const;
  return { info, root, correlation: { ...compiled, generate } };
}

function readInfo(root: Cursor): Omit<RuleInfo, "alerts" | "kind" | "logsource" | "needsTime" | "windowMs"> {
  const title = readText(root, "title") ?? root.fail("the rule has no title", "add `title:`");
  const name = readText(root, "name");
  const status = readText(root, "status");
  const description = readText(root, "description");
  const place = root.place();
  return {
    id: readText(root, "id") ?? name ?? slug(title),
    title: shorten(title, 256),
    level: readLevel(root),
    tags: readTexts(root, "tags"),
    falsePositives: readTexts(root, "falsepositives"),
    file: place.file,
    line: place.line,
    custom: readCustom(root.get("firebreak")),
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    ...(description === undefined ? {} : { description }),
  };
}

function readText(root: Cursor, name: string): string | undefined {
  const node = root.get(name);
  if (node === undefined || (node.isScalar && node.scalar() === null)) return undefined;
  return node.text(name);
}

function readTexts(root: Cursor, name: string): string[] {
  const node = root.get(name);
  return node === undefined || (node.isScalar && node.scalar() === null) ? [] : node.texts(name);
}

function readLevel(root: Cursor): string {
  const level = (readText(root, "level") ?? "medium").toLowerCase();
  if (LEVELS.includes(level)) return level;
  const remedy = suggest(level, LEVELS, `use ${LEVELS.join(", ")}`);
  return root.get("level")?.fail(`"${level}" is not a level`, remedy) ?? level;
}

function readCustom(node: Cursor | undefined): Record<string, unknown> {
  if (node === undefined) return {};
  return Object.fromEntries(node.entries().map(({ name, value }) => [name, value.plain()]));
}

export function readLogsource(root: Cursor): Logsource {
  const node = root.get("logsource") ?? root.fail("there is no logsource", "add `logsource:` with product or category");
  const logsource: Record<string, string> = {};
  for (const { name, value } of node.entries()) {
    if (name === "definition") continue;
    logsource[name] = value.text(name).toLowerCase();
  }
  if (Object.keys(logsource).length === 0) node.fail("the logsource is empty", "name a product, category or service");
  return logsource;
}
