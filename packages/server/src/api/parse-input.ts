import type { ErrorCode, FieldError } from "@firebreak/protocol";
import type { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";

const LEVELS_MAX = 32;
const FIELD_ERRORS_MAX = 50;

/** @returns the path as a JSON pointer (RFC 6901); the empty pointer is the whole document */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function messageOfIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `remove what is not known here: ${issue.keys.join(", ")}`;
  if (issue.code === "invalid_value") return `use one of: ${issue.values.map(String).join(", ")}`;
  if (issue.code !== "invalid_type") return issue.message;
  return issue.input === undefined ? `missing; give a ${issue.expected}` : `must be a ${issue.expected}`;
}

/** A field that an issue of zod names, with what to do about it. */
function fieldErrorOf(issue: z.core.$ZodIssue): FieldError {
  return { where: toPointer(issue.path) || "/", message: messageOfIssue(issue) };
}

/**
 * Finds text that the database cannot keep (a NUL character, half a surrogate pair) and nesting without end.
 *
 * @returns the first fault, or null
 */
export function findUnstorable(value: unknown, path: readonly PropertyKey[] = []): FieldError | null {
  if (typeof value === "string") return textFault(value, path);
  if (typeof value !== "object" || value === null) return null;
  if (path.length >= LEVELS_MAX) return { where: toPointer(path), message: `nest at most ${LEVELS_MAX} levels` };
  for (const [key, member] of Object.entries(value)) {
    const fault = textFault(key, path) ?? findUnstorable(member, [...path, key]);
    if (fault !== null) return fault;
  }
  return null;
}

function textFault(text: string, path: readonly PropertyKey[]): FieldError | null {
  const where = toPointer(path) || "/";
  if (text.includes("\u0000")) return { where, message: "remove the NUL character" };
  if (!text.isWellFormed()) return { where, message: "remove the half surrogate pair (not valid Unicode)" };
  return null;
}

function parseWith<S extends z.ZodType>(schema: S, value: unknown, code: ErrorCode, what: string): z.output<S> {
  const unstorable = findUnstorable(value);
  if (unstorable !== null) throw refusal(code, what, [unstorable]);
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw refusal(code, what, result.error.issues.slice(0, FIELD_ERRORS_MAX).map(fieldErrorOf));
}

function refusal(code: ErrorCode, what: string, errors: readonly FieldError[]): FirebreakError {
  const listed = errors.slice(0, 3).map((error) => `${error.where}: ${error.message}`);
  return new FirebreakError(code, `The ${what} is not valid. ${listed.join("; ")}`, { errors });
}

export function parseBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return parseWith(schema, value, "invalid_body", "body");
}

export function parseQuery<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return parseWith(schema, value, "bad_request", "query string");
}

export function parseParams<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return parseWith(schema, value, "bad_request", "address");
}
