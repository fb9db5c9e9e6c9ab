import { usageError } from "./arguments.ts";
import type { Command } from "./command.ts";
import { printable } from "./printable.ts";

/**
 * Reads `key=value` words: text, or what the property's JSON Schema asks for (number, yes or no, a list by repeating the
 * key); and `key:=JSON` for anything else. The server checks the rest.
 *
 * @throws OperatorError (usage) for a word that is neither, a key twice, or a value that is not of its type
 */
export function readParameters(
  command: Pick<Command, "name">,
  words: readonly string[],
  properties: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const read = new Map<string, unknown>();
  for (const word of words) {
    const found = /^([A-Za-z][A-Za-z0-9_]*)(:?=)(.*)$/s.exec(word);
    if (found === null) throw usageError(command, `A parameter is key=value, not "${printable(word)}".`);
    const [, key = "", sign, text = ""] = found;
    const type = typeOf(properties[key]);
    const known = read.get(key);
    if (known !== undefined && !(type === "array" && sign === "=" && Array.isArray(known))) {
      throw usageError(command, `Give ${key} once.`);
    }
    if (sign === ":=") read.set(key, readJson(command, key, text));
    else if (type === "array") read.set(key, [...(Array.isArray(known) ? known : []), text]);
    else read.set(key, readValue(command, key, type, text));
  }
  return Object.fromEntries(read);
}

function typeOf(schema: unknown): unknown {
  return typeof schema === "object" && schema !== null && "type" in schema ? schema.type : undefined;
}

function readValue(command: Pick<Command, "name">, key: string, type: unknown, text: string): unknown {
  if (type === "integer" || type === "number") {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw usageError(command, `${key} takes a number, not "${printable(text)}".`);
  }
  if (type === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw usageError(command, `${key} takes true or false, not "${printable(text)}".`);
  }
  return text;
}

function readJson(command: Pick<Command, "name">, key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(command, `${key}:= takes JSON, not "${printable(text)}".`);
  }
}
