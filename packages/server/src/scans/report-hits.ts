import type { IndicatorHit, ScanView } from "@firebreak/protocol";
import { sql } from "kysely";
import { raiseAlert } from "../alerts/index.ts";
import { recordAudit } from "../audit/index.ts";
import { describePastHit } from "../detection/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { findEvent, readEventsBySeq } from "../telemetry/index.ts";
import type { ScanContext } from "./context.ts";
import { getScan } from "./get-scan.ts";
import type { ScanHitRow } from "./scan-row.ts";

/** Alerts that one scan may open: behind them is a list that is too wide, not an attack. */
const ALERTS_MAX = 500;

/** Makes alerts of what a scan found that has ended. @throws FirebreakError not_found, conflict */
export async function alertScan(ctx: ScanContext, { id }: { readonly id: string }): Promise<ScanView> {
  const { state } = await getScan(ctx, id);
  if (state === "pending" || state === "running") {
    throw new FirebreakError("conflict", `The scan ${id} has not ended: it is ${state}.`);
  }
  await inTransaction(ctx.database, async (trx) => {
    const at = ctx.clock.now();
    await recordAudit(trx, { at, actor: ctx.actor, action: "indicator.scan.alert", target: id, detail: {} });
  });
  await reportHits(ctx, id);
  return getScan(ctx, id);
}

/** What was told when it arrived, or by an alert that covers it, is told no more: a repeat changes nothing. */
export async function reportHits(ctx: ScanContext, id: string): Promise<void> {
  const { kysely } = ctx.database;
  const scan = await kysely.selectFrom("indicator_scans").select("alerts").where("id", "=", id).executeTakeFirst();
  const rows = await kysely
    .selectFrom("indicator_scan_hits")
    .selectAll()
    .where("scan_id", "=", id)
    .where("alert_id", "is", null)
    .whereRef("count", ">", "live")
    .orderBy("severity")
    .orderBy("indicator_id")
    .orderBy("place")
    // those of before a crash count too
    .limit(Math.max(0, ALERTS_MAX - (scan?.alerts ?? 0)))
    .execute();
  for (const row of rows) await inTransaction(ctx.database, (trx) => reportHit(trx, ctx, row));
}

async function reportHit(trx: Trx, ctx: ScanContext, row: ScanHitRow): Promise<void> {
  const known = await findTeller(trx, row);
  const alertId = known ?? (await raise(trx, ctx, row));
  await trx
    .updateTable("indicator_scan_hits")
    .set({ alert_id: alertId })
    .where("scan_id", "=", row.scan_id)
    .where("indicator_id", "=", row.indicator_id)
    .where("place", "=", row.place)
    .execute();
  if (known !== undefined) return;
  await trx
    .updateTable("indicator_scans")
    .set((scan) => ({ alerts: scan("alerts", "+", 1) }))
    .where("id", "=", row.scan_id)
    .execute();
  await notifyLive(trx, "indicator_scan", row.scan_id);
}

/** @returns the alert that tells of all of it already, open or not */
async function findTeller(trx: Trx, row: ScanHitRow): Promise<string | undefined> {
  let query = trx
    .selectFrom("alerts")
    .select("id")
    .where("rule_id", "=", `indicator/${row.indicator_id}`)
    .where(sql<boolean>`agent_id is not distinct from ${row.agent_id}`)
    .where(sql<boolean>`session_id is not distinct from ${row.session_id}`);
  if (isOfEvents(row)) {
    query = query.where(sql<boolean>`detail #>> '{groupBy,place}' is null`);
    if (row.first_at !== null && row.last_at !== null)
      query = query.where("first_event_at", "<=", row.first_at).where("last_event_at", ">=", row.last_at);
  } else query = query.where(sql<boolean>`detail #>> '{groupBy,place}' = ${row.place}`);
  return (await query.orderBy("id", "desc").limit(1).executeTakeFirst())?.id;
}

/** Files and items of archives have no event. */
function isOfEvents({ last_event: event }: ScanHitRow): boolean {
  return event !== null;
}

async function raise(trx: Trx, ctx: ScanContext, row: ScanHitRow): Promise<string> {
  const { type, value, source, severity, path } = row;
  const hit: IndicatorHit = { id: row.indicator_id, type, value, source, severity, path };
  const now = ctx.clock.now();
  const firstMs = row.first_at?.getTime() ?? now;
  const lastMs = row.last_at?.getTime() ?? now;
  const event = row.last_event === null ? null : await findEvent(ctx, row.last_event);
  const samples = isOfEvents(row) ? await readEventsBySeq(ctx, row.samples) : [];
  const match = describePastHit({
    hit,
    count: Number(row.count) - Number(row.live),
    firstMs,
    lastMs,
    eventIds: samples.map(({ id }) => id),
    agent: { id: row.agent_id, session: row.session_id },
    place: isOfEvents(row) ? null : row.place,
  });
  const raising = { ...ctx, maskText: ctx.redactor.maskText };
  const { alertId } = await raiseAlert(trx, raising, { match, event: event ?? undefined });
  return alertId;
}
