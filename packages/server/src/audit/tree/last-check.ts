import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";

/** The newest check of the whole log. */
export interface LogCheck {
  readonly at: string;
  readonly intact: boolean;
  readonly entries: number;
  /** sentences, the first ones */
  readonly findings: readonly string[];
}

const logCheck: z.ZodType<LogCheck> = z.object({
  at: z.iso.datetime(),
  intact: z.boolean(),
  entries: z.number().int().min(0),
  findings: z.array(z.string()),
});

const fileOf = (home: string): string => path.join(home, "log", "last-check.json");

/** Keeps what the newest check found outside the database, for the time after a restart. */
export function keepLastCheck(home: string, check: LogCheck): void {
  ensurePrivateDir(path.dirname(fileOf(home)));
  writeFileAtomic(fileOf(home), JSON.stringify(check));
}

/** @returns null when no check has ended yet, or what it found cannot be read */
export function readLastCheck(home: string): LogCheck | null {
  if (!existsSync(fileOf(home))) return null;
  try {
    return logCheck.parse(JSON.parse(readFileSync(fileOf(home), "utf8")));
  } catch {
    return null;
  }
}
