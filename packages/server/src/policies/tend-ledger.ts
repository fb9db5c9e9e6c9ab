import { rmSync, statSync } from "node:fs";
import type { Clock } from "../kernel/index.ts";
import { writeFileAtomic } from "../kernel/index.ts";
import { readBreakerFiles, readBudgetFiles } from "./ledger-files.ts";
import type { BreakerFile } from "./ledger-files.ts";

/** How long a window that is over may still be looked up. */
const KEEP_MS = 7 * 86_400_000;
const BREAKER_BYTES_MAX = 64 * 1024;

/** Removes the budgets of windows long over and shortens the logs of circuit breakers. */
export function tendLedger({ ledgerDir, clock }: { readonly ledgerDir: string; readonly clock: Clock }): void {
  const now = clock.now();
  for (const { log, endMs, startMs } of readBudgetFiles(ledgerDir)) {
    const isShort = endMs - startMs <= 3_600_000;
    if (now >= endMs + (isShort ? 3_600_000 : KEEP_MS)) rmSync(log.path, { force: true });
  }
  for (const file of readBreakerFiles(ledgerDir)) {
    if (statSync(file.log.path).size > BREAKER_BYTES_MAX) shorten(file);
  }
}

/**
 * Writes what the records come to in their place. What a gate appends in between is lost: at most a failure that is not
 * counted, or a probe that is made again. What persons decide is written by this process only, and not in between.
 */
function shorten({ log, breaker, per, subject }: BreakerFile): void {
  const { isolation, opened } = log.look();
  const records = [
    { t: "about", breaker, per, subject },
    ...(opened === null ? [] : [{ t: "open", at: opened.at, for: opened.until - opened.at, why: opened.why }]),
    ...(isolation === null ? [] : [{ t: "isolate", ...isolation }]),
  ];
  writeFileAtomic(log.path, records.map((record) => `${JSON.stringify(record)}\n`).join(""), { durable: true });
}
