import { isMap, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import { messageOf } from "../errors.ts";

/** One fault of a file a person wrote: where it is, what is wrong, how to mend it. Lines and columns count from 1. */
export interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

/** A YAML text with what is needed to say where in it something is wrong. */
export interface YamlSource {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly value: unknown;
  /** @returns where the value at this path begins, or the nearest one around it */
  positionOf(path: readonly PropertyKey[], key?: string): { line: number; column: number };
}

export type YamlResult = { ok: true; source: YamlSource } | { ok: false; problems: FileProblem[] };

const PROBLEMS_MAX = 20;
const ALIASES_MAX = 100;

/**
 * Reads a YAML text; what the reader itself refuses comes back as problems with their places.
 *
 * @param merge whether `<<` lays a mapping under another
 */
export function readYaml(file: string, text: string, { merge = false } = {}): YamlResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", merge });
  const at = (offset: number) => ({ line: lines.linePos(offset).line || 1, column: lines.linePos(offset).col || 1 });
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, PROBLEMS_MAX).map((error) => ({
      file,
      ...at(error.pos[0]),
      message: error.message,
      remedy: "Mend the YAML at this place; indentation is spaces, and each key appears once.",
    }));
    return { ok: false, problems };
  }
  return resolveValue(file, document, at);
}

function resolveValue(
  file: string,
  document: Document.Parsed,
  at: (offset: number) => { line: number; column: number },
): YamlResult {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    const positionOf: YamlSource["positionOf"] = (path, key) => at(offsetOf(document, path, key));
    return { ok: true, source: { file, document, value, positionOf } };
  } catch (thrown) {
    const remedy = "Write the values out instead of repeating them through aliases.";
    return { ok: false, problems: [{ file, line: 1, column: 1, message: messageOf(thrown), remedy }] };
  }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], key: string | undefined): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : nodeAt(document, path.slice(0, length));
    const keyOffset = length === path.length && key !== undefined ? offsetOfKey(node, key) : undefined;
    const offset = keyOffset ?? rangeStart(node);
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** YAML keys may be numbers where the schema's path holds text (`severities.1`). */
function nodeAt(document: Document.Parsed, path: readonly PropertyKey[]): unknown {
  let node: unknown = document.contents;
  for (const part of path) {
    if (isMap(node)) node = node.items.find((pair) => keyText(pair.key) === String(part))?.value;
    else if (hasGet(node)) node = node.get(part, true);
    else return undefined;
  }
  return node;
}

function offsetOfKey(node: unknown, key: string): number | undefined {
  if (!isMap(node)) return undefined;
  return rangeStart(node.items.find((pair) => keyText(pair.key) === key)?.key);
}

function keyText(key: unknown): string {
  return typeof key === "object" && key !== null && "value" in key ? String(key.value) : String(key);
}

function hasGet(node: unknown): node is { get(key: unknown, keepScalar: true): unknown } {
  return typeof node === "object" && node !== null && "get" in node && typeof node.get === "function";
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === "number" ? start : undefined;
}

/** @returns the faults a schema found, each at its place in the file */
export function problemsOfSchema(
  source: YamlSource,
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): FileProblem[] {
  return issues.slice(0, PROBLEMS_MAX).map((issue) => problemOfIssue(source, issue, [...base, ...issue.path]));
}

function problemOfIssue(source: YamlSource, issue: z.core.$ZodIssue, path: readonly PropertyKey[]): FileProblem {
  const where = path.length === 0 ? "the file" : path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0];
    return {
      file: source.file,
      ...source.positionOf(path, key),
      message: `${where} has ${issue.keys.map((unknown) => JSON.stringify(unknown)).join(", ")}, which is not known here`,
      remedy: "Remove the key or correct its spelling.",
    };
  }
  return {
    file: source.file,
    ...source.positionOf(path),
    message: `${where}: ${issue.message}`,
    remedy: remedyOf(issue),
  };
}

function remedyOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `Give a value of type ${issue.expected} here.`;
  if (issue.code === "invalid_value") return `Use one of ${issue.values.map(String).join(", ")}.`;
  return "Correct the value as the message says.";
}
