import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { codeOf, OperatorError, writeFileAtomic } from "../../kernel/index.ts";

/**
 * Reads another program's settings; nothing and an empty file are `{}`.
 *
 * @param program whose settings they are, for the message
 * @param parse of a program that reads more than JSON
 * @returns the value as it was read, so that what is written back keeps its order
 * @throws OperatorError when it is no JSON, or not of the schema's shape
 */
export function readJsonSettings<S extends z.ZodType>(
  file: string,
  schema: S,
  program: string,
  parse: (text: string) => unknown = JSON.parse,
): z.input<S> {
  const remedy = "Mend the file by hand; Firebreak changed nothing.";
  let value: unknown;
  try {
    value = parse(readText(file));
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    throw new OperatorError(`${file} is no JSON: ${fault.message}`, remedy);
  }
  if (fits(schema, value)) return value;
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  const where = issue?.path.map(String).join(".") ?? "";
  throw new OperatorError(`${file} is not as ${program} reads it: ${where} ${issue?.message ?? ""}`, remedy);
}

function readText(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    return text.trim() === "" ? "{}" : text;
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return "{}";
    throw fault;
  }
}

/** Guarantee: the schema takes the value as it is. */
function fits<S extends z.ZodType>(schema: S, value: unknown): value is z.input<S> {
  return schema.safeParse(value).success;
}

/** Writes through a symbolic link to the file that it names, and keeps that file's mode. */
export function writeJsonSettings(file: string, settings: unknown): void {
  writeSettings(file, `${JSON.stringify(settings, null, 2)}\n`);
}

/** The text as it is, in the same way. */
export function writeSettings(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const target = existsSync(file) ? realpathSync(file) : file;
  const mode = existsSync(target) ? statSync(target).mode & 0o777 : 0o600;
  writeFileAtomic(target, text);
  chmodSync(target, mode);
}
