import { scanTarget } from "@firebreak/protocol";
import type { ScanTarget, ScanView } from "@firebreak/protocol";
import { toStorableJson } from "../alerts/index.ts";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { VersionRange } from "../indicators/index.ts";
import { dropOldestEnded, inTransaction, notifyLive, refuseTooMany } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { ScanContext } from "./context.ts";
import { viewScan } from "./scan-row.ts";

export const SCAN_TASK = "indicator-scan";

export interface ScanInput {
  readonly target: ScanTarget;
  readonly alert: boolean;
}

/** Asks for indicators to be looked for in what is stored. @throws FirebreakError conflict when too many wait */
export async function requestScan(ctx: ScanContext, { target, alert }: ScanInput): Promise<ScanView> {
  const parsed = scanTarget.parse(target);
  if (parsed.kind === "events" && parsed.since !== undefined && Date.parse(parsed.since) >= ctx.clock.now()) {
    throw new FirebreakError("invalid_body", "The range lies in the future: nothing is stored.");
  }
  return inTransaction(ctx.database, async (trx) => {
    await refuseTooMany(trx, "indicator_scans", "scans");
    return insertScan(trx, ctx, { target: parsed, alert });
  });
}

/** @param range only indicators that came in these versions of the list */
export async function insertScan(
  trx: Trx,
  ctx: ScanContext,
  { target, alert }: ScanInput,
  range?: VersionRange,
): Promise<ScanView> {
  await dropOldestEnded(trx, "indicator_scans");
  const id = ctx.newId("indicatorScan");
  const now = ctx.clock.now();
  const row = await trx
    .insertInto("indicator_scans")
    .values({
      id,
      state: "pending",
      target: toStorableJson(target),
      after_version: range?.after ?? null,
      through_version: range?.through ?? null,
      alert,
      requested_by: JSON.stringify(ctx.actor),
      requested_at: toIso(now),
      cursor: null,
      problem: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const detail = { target, alert, ...range };
  await recordAudit(trx, { at: now, actor: ctx.actor, action: "indicator.scan", target: id, detail });
  await ctx.work.enqueue(trx, SCAN_TASK, { scanId: id }, { queue: SCAN_TASK, key: id, maxAttempts: 10 });
  await notifyLive(trx, "indicator_scan", id);
  return viewScan(row, 0);
}
