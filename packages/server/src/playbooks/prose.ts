import { parseTemplate, resolveReferences } from "./references.ts";

/** What people are told may name these. Everything else between `${` and `}` is text: often it is a command's own. */
const ROOTS = new Set(["inputs", "steps", "run", "incident", "each", "index"]);
const VALUE_CHARACTERS_MAX = 500;
/** A value that cannot be taken for words of the playbook. */
const SINGLE_WORD = /^[\p{L}\p{N}_./:@+,=-]+$/u;
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** @returns whether a reference in instructions or a question is one that is replaced */
export function isProseReference([root = ""]: readonly string[]): boolean {
  return ROOTS.has(root);
}

/**
 * Replaces references in what a person is told. Values come from events and are hostile: each is one line, bounded, and in
 * quotes as soon as it is more than a single word, so that none poses as instructions. What has no value stays as it is
 * written: a person is asked all the same.
 */
export function fillProse(text: string, scope: object): string {
  const parts = parseTemplate(text).map((segment) => {
    if (segment.kind !== "reference") return segment.text;
    const written = `\${${segment.path.join(".")}}`;
    if (!isProseReference(segment.path)) return written;
    const resolution = resolveReferences(written, scope);
    return (resolution.ok ? show(resolution.value) : null) ?? written;
  });
  return parts.join("");
}

function show(value: unknown): string | null {
  if (Array.isArray(value)) return value.map((item) => show(item) ?? "nothing").join(", ") || "nothing";
  if (value === undefined || value === null) return null;
  const text = (typeof value === "string" ? value : JSON.stringify(value)).replaceAll(CONTROL, " ").trim();
  const bounded = text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text;
  return SINGLE_WORD.test(bounded) ? bounded : `“${bounded.replaceAll(/[“”]/g, '"')}”`;
}
