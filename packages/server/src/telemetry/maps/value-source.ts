import type { Condition, ValueSource } from "./map-schema.ts";
import { collectTexts } from "./collect-texts.ts";

/** What the sources of a map may refer to. */
export interface Scope {
  readonly record: unknown;
  readonly item?: unknown;
  readonly match?: Readonly<Record<string, string>>;
  readonly path?: Readonly<Record<string, string>>;
  readonly line?: string;
}

export type ReadValue = (scope: Scope) => unknown;

/** @throws Error naming a reference that means nothing */
export function compileSource(source: ValueSource): ReadValue {
  if (typeof source === "string" && source.startsWith("$")) return compileReference(source);
  if (typeof source !== "object") return () => source;
  if (isList(source)) {
    const readers = source.map((one) => compileSource(one));
    return (scope) => firstPresent(readers, scope);
  }
  const { values, otherwise, as } = source;
  const read = compileSource(source.from);
  const shape = as === "text" ? collectTexts : as === "json" ? readJson : undefined;
  const table = values && new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
  return (scope) => {
    const found = read(scope);
    const value = shape === undefined || !isPresent(found) ? found : shape(found);
    if (table !== undefined) return table.get(asText(value)?.toLowerCase() ?? "") ?? otherwise;
    return isPresent(value) ? value : otherwise;
  };
}

function isList(source: ValueSource): source is readonly ValueSource[] {
  return Array.isArray(source);
}

function firstPresent(readers: readonly ReadValue[], scope: Scope): unknown {
  for (const read of readers) {
    const value = read(scope);
    if (isPresent(value)) return value;
  }
  return undefined;
}

export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** @returns the text of a scalar, else undefined */
export function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

const REFERENCE = /^\$(item|match|path|line)?(?:\.(.+))?$/;
const PARTS_MAX = 16;

function compileReference(reference: string): ReadValue {
  const found = REFERENCE.exec(reference);
  const parts = found?.[2]?.split(".") ?? [];
  if (found === null || parts.length > PARTS_MAX || parts.includes("")) {
    throw new Error(`${reference} means nothing; write $.name, $item.name, $match.name, $path.name or $line`);
  }
  const root = ROOTS.get(found[1] ?? "") ?? (({ record }: Scope) => record);
  return (scope) => walk(root(scope), parts, 0);
}

const ROOTS = new Map<string, (scope: Scope) => unknown>([
  ["item", ({ item }) => item],
  ["match", ({ match }) => match],
  ["path", ({ path }) => path],
  ["line", ({ line }) => line],
]);

/** Keys may hold dots, as OpenTelemetry's do: the longest key that is there goes first. */
function walk(value: unknown, parts: readonly string[], from: number): unknown {
  if (from === parts.length) return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (let to = parts.length; to > from; to--) {
    const key = to === from + 1 ? parts[from] : parts.slice(from, to).join(".");
    if (key === undefined || !Object.hasOwn(value, key)) continue;
    const found = walk(memberOf(value, key), parts, to);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Guarantee: only asked for keys the object itself has. */
function memberOf(value: object, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

function readJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export type Holds = (scope: Scope) => boolean;

/** @throws Error naming a reference that means nothing */
export function compileCondition(reference: string, condition: Condition): Holds {
  if (!reference.startsWith("$")) throw new Error(`${reference} names no value; begin it with $. or $item.`);
  const read = compileReference(reference);
  if (typeof condition === "object" && !Array.isArray(condition)) {
    if ("present" in condition) return (scope) => isPresent(read(scope)) === condition.present;
    const excluded = textsOf(condition.not);
    return (scope) => !excluded.has(asText(read(scope)) ?? "");
  }
  const wanted = textsOf(condition);
  return (scope) => {
    const text = asText(read(scope));
    return text !== undefined && wanted.has(text);
  };
}

function textsOf(values: string | number | boolean | readonly (string | number | boolean)[]): ReadonlySet<string> {
  return new Set((Array.isArray(values) ? values : [values]).map(String));
}
