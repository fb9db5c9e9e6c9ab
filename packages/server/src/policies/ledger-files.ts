import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BREAKER_SUBJECTS, BUDGET_SHARES, METRICS } from "@firebreak/protocol";
import type { BreakerSubject, BudgetShare, Metric } from "@firebreak/protocol";
import { BreakerFold, BudgetFold, SharedLog, textIn } from "@firebreak/sdk/ledger";
import { codeOf } from "../kernel/index.ts";

/** Agents choose names, so there may be many files. */
const FILES_MAX = 20_000;

export interface BudgetFile {
  readonly log: SharedLog<BudgetFold>;
  readonly budget: string;
  readonly per: BudgetShare;
  readonly subject: string;
  readonly metric: Metric;
  readonly window: string;
  readonly startMs: number;
  readonly endMs: number;
  /** in whole units, as the gate that began the window knew it */
  readonly limit: number;
}

export interface BreakerFile {
  readonly log: SharedLog<BreakerFold>;
  readonly breaker: string;
  readonly per: BreakerSubject;
  readonly subject: string;
}

/** @returns the budgets that gates keep on this host; a file that cannot be read, or tells of nothing, is left out */
export function readBudgetFiles(ledgerDir: string): BudgetFile[] {
  return listLogs(join(ledgerDir, "budgets")).flatMap((path) => {
    const log = new SharedLog(path, () => new BudgetFold());
    const about = lookQuietly(log)?.about;
    if (about === undefined) return [];
    const [budget, subject, window] = [textIn(about, "budget"), textIn(about, "subject"), textIn(about, "window")];
    const metric = METRICS.find((known) => known === about["metric"]);
    const per = BUDGET_SHARES.find((known) => known === about["per"]);
    const [startMs, endMs, limit] = [about["startMs"], about["endMs"], about["limit"]].map(Number);
    if (budget === undefined || subject === undefined || window === undefined) return [];
    if (metric === undefined || per === undefined || ![startMs, endMs, limit].every(isTime)) return [];
    return [{ log, budget, per, subject, metric, window, startMs: startMs ?? 0, endMs: endMs ?? 0, limit: limit ?? 0 }];
  });
}

const TIME_MAX = 8.64e15;
const isTime = (value: number | undefined): boolean => value !== undefined && value >= 0 && value <= TIME_MAX;

export function readBreakerFiles(ledgerDir: string): BreakerFile[] {
  return listLogs(join(ledgerDir, "breakers")).flatMap((path) => {
    const log = new SharedLog(path, () => new BreakerFold());
    const about = lookQuietly(log)?.about;
    if (about === undefined) return [];
    const [breaker, subject] = [textIn(about, "breaker"), textIn(about, "subject")];
    const per = BREAKER_SUBJECTS.find((known) => known === about["per"]);
    if (breaker === undefined || subject === undefined || per === undefined) return [];
    return [{ log, breaker, per, subject }];
  });
}

function listLogs(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith(".log"));
    return names
      .toSorted()
      .slice(0, FILES_MAX)
      .map((name) => join(dir, name));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
}

function lookQuietly<F extends BudgetFold | BreakerFold>(log: SharedLog<F>): F | undefined {
  try {
    return log.look();
  } catch {
    return undefined;
  }
}
