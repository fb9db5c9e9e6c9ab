import { countMembers } from "../json-members.ts";
import { countKeysOfJson } from "../check-event.ts";
import { parseAccessLog } from "./parse-access-log.ts";
import { parseSyslog } from "./parse-syslog.ts";
import type { Parser } from "./map-schema.ts";

type LineRecord = Readonly<Record<string, unknown>>;
export type LineResult = { readonly record: LineRecord; readonly problem?: string } | { readonly problem: string };

/** @returns what a line holds, or why it cannot be read as what the map says */
export function readLine(parser: Exclude<Parser, "otlp">, line: string): LineResult {
  switch (parser) {
    case "json":
      return readJsonLine(line);
    case "syslog":
      return found(parseSyslog(line), "this is no line of a system log (RFC 3164 or RFC 5424)");
    case "access-log":
      return found(parseAccessLog(line), "this is no line in the common or combined log format");
    case "text":
      return { record: { message: line } };
    default:
      return parser satisfies never;
  }
}

function found(record: object | undefined, problem: string): LineResult {
  return record === undefined ? { problem } : { record: { ...record } };
}

/** Deeper values are for nobody; `JSON.parse` itself bears any depth. */
const LEVELS_MAX = 512;

function readJsonLine(line: string): LineResult {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: "this is not JSON; one complete JSON object a line is needed" };
  }
  if (!isObject(value)) return { problem: "this is JSON, but not an object" };
  const record = value;
  const keys = countKeysOfJson(record, LEVELS_MAX);
  if (keys < 0) return { record, problem: "it nests deeply, or holds a number or key that cannot be kept as it is" };
  if (keys !== countMembers(line)) return { record, problem: "a key appears twice in one object; the last one counts" };
  return { record };
}

function isObject(value: unknown): value is LineRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
