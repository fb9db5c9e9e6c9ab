import JSON5 from "json5";
import { parseAllDocuments } from "yaml";
import { classifyName } from "../../redaction/index.ts";
import { isSecretName, redactText } from "../redact.ts";

/** A configuration as it may be kept. */
export interface RedactedDocument {
  readonly text: string;
  readonly redactions: number;
}

const DEPTH_MAX = 64;

/**
 * Takes the secrets out of a configuration: the values of keys whose names say so, and what has the form of a secret. What
 * reads as JSON (also with comments) or YAML is written anew without its comments when it holds any; everything else goes line
 * by line.
 */
export function redactDocument(fileName: string, text: string): RedactedDocument {
  const found = { redactions: 0 };
  const parsed = parse(fileName, text);
  if (parsed === undefined) return redactLines(text);
  const redacted = parsed.map((one) => redactValue(one, found, 0));
  const byLines = redactLines(text);
  // without secrets it stays as it was written, comments and all
  if (found.redactions === 0 && byLines.redactions === 0) return byLines;
  const written = redacted.map((one) => JSON.stringify(one, null, 2)).join("\n---\n");
  return { text: `${written}\n`, redactions: found.redactions };
}

function parse(fileName: string, text: string): unknown[] | undefined {
  try {
    if (/\.(?:json5?|jsonc)$/i.test(fileName)) return [JSON5.parse(text)];
    if (!/\.ya?ml$/i.test(fileName)) return undefined;
    const documents = parseAllDocuments(text);
    if (!Array.isArray(documents)) return undefined;
    return documents.map((one) => {
      if (one.errors.length > 0) throw new Error("this is no YAML");
      return one.toJS({ maxAliasCount: 100 }) as unknown;
    });
  } catch {
    return undefined;
  }
}

/** Also for what others answer as JSON: the description of a container, rows of a database. */
export function redactJson(value: unknown): { readonly value: unknown; readonly redactions: number } {
  const found = { redactions: 0 };
  return { value: redactValue(value, found, 0), redactions: found.redactions };
}

function redactValue(value: unknown, found: { redactions: number }, depth: number): unknown {
  if (typeof value === "string") {
    const { text, redactions } = redactText(value);
    found.redactions += redactions;
    return text;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX) return "[left out: nested too deeply]";
  if (Array.isArray(value)) return redactList(value, found, depth);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      holdsSecret(key, one) ? withheld(one, found) : redactValue(one, found, depth + 1),
    ]),
  );
}

/** `auth: {mode, token}` is looked into and `maxTokens: 100` kept; of `credentials` nothing is. */
function holdsSecret(key: string, value: unknown): boolean {
  if (!isSecretName(key)) return false;
  const isCertain = ["KEY", "PWD"].includes(classifyName(key) ?? "");
  return isCertain || typeof value === "string" || Array.isArray(value);
}

/** `["--token", "x"]`: an argument that names what comes next. */
function redactList(list: readonly unknown[], found: { redactions: number }, depth: number): unknown[] {
  return list.map((one, at) => {
    const before = list[at - 1];
    const isNamed = typeof before === "string" && /^--?[a-z]/i.test(before) && isSecretName(before.replace(/^-+/, ""));
    return isNamed && typeof one === "string" && !one.startsWith("-")
      ? withheld(one, found)
      : redactValue(one, found, depth + 1);
  });
}

/** Of a secret its length is kept, and of what holds several, their names. */
function withheld(value: unknown, found: { redactions: number }): unknown {
  if (value === null || typeof value === "boolean" || value === "") return value;
  if (Array.isArray(value)) return value.map((one) => withheld(one, found));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withheld(one, found)]));
  }
  found.redactions += 1;
  const { length } = typeof value === "string" ? value : JSON.stringify(value);
  return `[REDACTED: KEY, ${length} characters]`;
}

/** `name = value`, `name: value`, `export NAME=value`, `"name": "value",` */
const ASSIGNMENT = /^(\s*(?:export\s+|set\s+|-\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*)(\S.*)$/;

/** Line by line, for what has no grammar that is known. */
export function redactLines(text: string): RedactedDocument {
  const whole = redactText(text);
  let { redactions } = whole;
  const lines = whole.text.split("\n").map((line) => {
    const found = ASSIGNMENT.exec(line.slice(0, 100_000));
    const [, head = "", name = "", value = ""] = found ?? [];
    if (found === null || !isSecretName(name) || value.includes("[REDACTED:")) return line;
    redactions += 1;
    return `${head}[REDACTED: KEY, ${value.length} characters]`;
  });
  return { text: lines.join("\n"), redactions };
}
