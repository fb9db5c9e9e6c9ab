import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { BreakerSubject, Metric } from "@firebreak/protocol/policy";

/** @returns where gates keep budgets and breakers: beside the kill switch's directory, in the home */
export function ledgerDirOf(killswitchDir: string): string {
  return join(dirname(killswitchDir), "ledger");
}

export interface BudgetPlace {
  readonly budget: string;
  readonly metric: Metric;
  readonly subject: string;
  /** see `windowAt` */
  readonly window: string;
}

export function budgetPath(dir: string, { budget, metric, subject, window }: BudgetPlace): string {
  return join(dir, "budgets", `${fileName(budget)}!${metric}!${fileName(subject)}!${window}.log`);
}

export interface BreakerPlace {
  readonly breaker: string;
  readonly per: BreakerSubject;
  readonly subject: string;
}

export function breakerPath(dir: string, { breaker, subject }: Pick<BreakerPlace, "breaker" | "subject">): string {
  return join(dir, "breakers", `${fileName(breaker)}!${fileName(subject)}.log`);
}

/** Names come from agents and servers: what could leave the directory or meet another name becomes its hash. */
function fileName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,59}$/.test(name)) return name;
  return `~${createHash("sha256").update(name.toWellFormed()).digest("hex").slice(0, 32)}`;
}
