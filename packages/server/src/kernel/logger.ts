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

/** One JSON object a line. */
export function createLogger(clock: Clock, minimum: LogLevel, write: (line: string) => void): Logger {
  const log = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) return;
    write(JSON.stringify({ time: toIso(clock.now()), level, message, ...fields }) + "\n");
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
