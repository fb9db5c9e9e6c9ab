import type { BudgetView } from "@firebreak/protocol";
import { amountOf } from "@firebreak/sdk/ledger";
import { toIso } from "../kernel/index.ts";
import type { PolicyContext } from "./context.ts";
import { readBudgetFiles } from "./ledger-files.ts";
import type { BudgetFile } from "./ledger-files.ts";

export interface BudgetFilter {
  readonly budget?: string | undefined;
  /** budgets of this agent and of the pack it is in */
  readonly subject?: string | undefined;
  readonly pack?: string | undefined;
}

/** @returns what was taken of each budget in its present window, the fullest first; untouched ones are not there */
export function listBudgets(ctx: Omit<PolicyContext, "actor" | "database">, filter: BudgetFilter = {}): BudgetView[] {
  return currentBudgets(ctx, filter)
    .map((file) => viewOf(ctx, file))
    .toSorted((a, b) => shareOf(b) - shareOf(a));
}

export function currentBudgets(
  { ledgerDir, clock }: Pick<PolicyContext, "ledgerDir" | "clock">,
  { budget, subject, pack }: BudgetFilter,
): BudgetFile[] {
  const now = clock.now();
  return readBudgetFiles(ledgerDir).filter((file) => {
    if (now < file.startMs || now >= file.endMs) return false;
    if (budget !== undefined && file.budget !== budget) return false;
    if (subject === undefined) return true;
    return file.subject === subject || (file.per === "pack" && file.subject === pack) || file.per === "host";
  });
}

function viewOf({ policies }: Pick<PolicyContext, "policies">, file: BudgetFile): BudgetView {
  const { log, budget, per, subject, metric, startMs, endMs } = file;
  const { taken, reset } = log.current;
  const entry = policies.published?.budgets.find(({ name }) => name === budget);
  const limit = entry?.limits[metric] ?? amountOf(metric, file.limit);
  const spent = amountOf(metric, taken);
  return {
    budget,
    per,
    subject,
    metric,
    window: endMs - startMs <= 60_000 ? "minute" : endMs - startMs <= 3_600_000 ? "hour" : "day",
    windowStart: toIso(startMs),
    windowEnd: toIso(endMs),
    limit,
    taken: spent,
    exhausted: spent >= limit,
    inForce: entry?.limits[metric] !== undefined,
    reset: reset === null ? null : { by: reset.by, at: toIso(reset.at) },
  };
}

const shareOf = ({ taken, limit }: BudgetView): number => (limit === 0 ? 1 : taken / limit);
