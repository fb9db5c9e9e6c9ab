import type { Clock } from "./clock.ts";
import { toIso } from "./clock.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Structured log: a fixed message, and what varies in fields. Never a secret. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** One entry of the log, before it is written for machines or for people. */
export interface LogRecord {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @param mask takes secrets out of the texts among the fields */
export function createLogger(
  clock: Clock,
  minimum: LogLevel,
  write: (record: LogRecord) => void,
  mask: (text: string) => string = (text) => text,
): Logger {
  const maskField = (value: unknown) => (typeof value === "string" ? mask(value) : value);
  const log =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) return;
      const masked = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, maskField(value)]));
      write({ time: toIso(clock.now()), level, message, fields: masked });
    };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** One JSON object a line, for machines. */
export function jsonLogLine({ time, level, message, fields }: LogRecord): string {
  return JSON.stringify({ time, level, message, ...fields }) + "\n";
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
