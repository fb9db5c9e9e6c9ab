import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { VerifyState } from "@firebreak/verifier";
import { z } from "zod";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";

const hash = z.string().max(16_384);
const range = z.tuple([z.number().int(), z.number().int()]);
const deletion = z.object({ origin: z.string(), at: z.string(), policy: z.string(), entries: z.array(range) });

/** Where a check of the whole log stood that the end of the process cut off. */
export interface CheckState {
  /** milliseconds since 1970 */
  readonly at: number;
  /** the newest event whose row was looked at */
  readonly lastEventSeq: string;
  readonly verified: VerifyState;
}

const checkState: z.ZodType<CheckState> = z.object({
  at: z.number(),
  lastEventSeq: z.string().regex(/^\d{1,18}$/),
  verified: z.object({
    origin: z.string(),
    done: z.number().int().min(0),
    frontier: z.array(z.object({ height: z.number().int(), hash })),
    edges: z.array(z.object({ index: z.number().int(), hashes: hash })),
    roots: z.array(z.object({ size: z.number().int(), root: hash })),
    missing: z.array(range),
    records: z.array(z.object({ index: z.number().int(), deletion })),
  }),
});

/** A check that stood for longer than this begins anew: what it had seen may have been changed since. */
const AGE_MAX_MS = 24 * 60 * 60_000;

const fileOf = (home: string): string => path.join(home, "log", "check-state.json");

export function readCheckState(home: string, now: number): CheckState | undefined {
  const file = fileOf(home);
  if (!existsSync(file)) return undefined;
  try {
    const read = checkState.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return read.success && read.data.at <= now && now - read.data.at < AGE_MAX_MS ? read.data : undefined;
  } catch {
    return undefined;
  }
}

export function keepCheckState(home: string, state: CheckState): void {
  ensurePrivateDir(path.dirname(fileOf(home)));
  writeFileAtomic(fileOf(home), JSON.stringify(state));
}

export function dropCheckState(home: string): void {
  rmSync(fileOf(home), { force: true });
}
