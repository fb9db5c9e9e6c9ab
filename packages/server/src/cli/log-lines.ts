import { jsonLogLine } from "../kernel/index.ts";
import type { LogRecord } from "../kernel/index.ts";
import { printable } from "./printable.ts";

/** The log on a terminal: a line that a person reads. Elsewhere, in a file or a pipe: one JSON object a line. */
export function logLine(record: LogRecord, isTerminal: boolean): string {
  return isTerminal ? terminalLine(record) : jsonLogLine(record);
}

function terminalLine({ time, level, message, fields }: LogRecord): string {
  const label = level === "info" ? "" : `${level}: `;
  const facts = Object.entries(fields).filter(([, value]) => value !== undefined);
  const tail = facts.length === 0 ? "" : ` (${facts.map(([name, value]) => `${name}: ${textOf(value)}`).join(", ")})`;
  return `${time.slice(11, 19)}Z firebreak: ${label}${printable(message + tail)}\n`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
