import type { ScanSkip } from "@firebreak/protocol";
import { sql } from "kysely";
import { toStorableJson, toStorableText } from "../alerts/index.ts";
import { toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { ScanContext } from "./context.ts";
import type { FoundHit } from "./found.ts";

const SKIPPED_MAX = 100;
const SAMPLES_MAX = 20;
/** Pairs of indicator and place that one scan keeps. */
const HITS_MAX = 20_000;

export type Walked = "complete" | "cancelled";

/** What is written with the place up to which it counts, in one transaction: a scan that goes on counts nothing twice. */
export interface Step {
  readonly cursor: string;
  readonly hits: readonly (FoundHit & { readonly archiveId?: string })[];
  readonly examined: number;
  readonly bytes: number;
  readonly share: number;
  readonly skipped: readonly ScanSkip[];
}

/** @returns false when the scan was cancelled */
export async function keepStep({ database }: Pick<ScanContext, "database">, id: string, step: Step): Promise<boolean> {
  return inTransaction(database, async (trx) => {
    const row = await trx
      .updateTable("indicator_scans")
      .set({
        cursor: toStorableText(step.cursor),
        examined: sql`examined + ${step.examined}::bigint`,
        bytes: sql`bytes + ${step.bytes}::bigint`,
        share: Math.min(1, step.share),
      })
      .where("id", "=", id)
      .where("state", "=", "running")
      .returning(["skipped", "skipped_total"])
      .executeTakeFirst();
    if (row === undefined) return false;
    if (step.skipped.length > 0) await keepSkipped(trx, id, row, step.skipped);
    const { count } = await trx
      .selectFrom("indicator_scan_hits")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("scan_id", "=", id)
      .executeTakeFirstOrThrow();
    for (const hit of step.hits.slice(0, Math.max(0, HITS_MAX - Number(count)))) await keepHit(trx, id, hit);
    await notifyLive(trx, "indicator_scan", id);
    return true;
  });
}

async function keepSkipped(
  trx: Trx,
  id: string,
  known: { readonly skipped: readonly ScanSkip[]; readonly skipped_total: number },
  skipped: readonly ScanSkip[],
): Promise<void> {
  const told = [...known.skipped, ...skipped].slice(0, SKIPPED_MAX);
  await trx
    .updateTable("indicator_scans")
    .set({ skipped: toStorableJson(told), skipped_total: known.skipped_total + skipped.length })
    .where("id", "=", id)
    .execute();
}

async function keepHit(trx: Trx, scanId: string, found: Step["hits"][number]): Promise<void> {
  const { hit, firstMs, lastMs } = found;
  await trx
    .insertInto("indicator_scan_hits")
    .values({
      scan_id: scanId,
      indicator_id: hit.id,
      place: toStorableText(found.place),
      type: hit.type,
      value: hit.value,
      source: hit.source,
      severity: hit.severity,
      agent_id: found.agentId,
      pack: found.pack,
      session_id: found.sessionId,
      archive_id: found.archiveId ?? null,
      count: found.count,
      live: found.live,
      first_at: firstMs === null ? null : toIso(firstMs),
      last_at: lastMs === null ? null : toIso(lastMs),
      path: toStorableText(hit.path),
      samples: JSON.stringify(found.samples),
      last_event: found.lastEvent,
      alert_id: null,
    })
    .onConflict((conflict) =>
      conflict.columns(["scan_id", "indicator_id", "place"]).doUpdateSet({
        count: sql`indicator_scan_hits.count + excluded.count`,
        live: sql`indicator_scan_hits.live + excluded.live`,
        first_at: sql`least(indicator_scan_hits.first_at, excluded.first_at)`,
        last_at: sql`greatest(indicator_scan_hits.last_at, excluded.last_at)`,
        last_event: sql`coalesce(excluded.last_event, indicator_scan_hits.last_event)`,
        samples: sql`case when jsonb_array_length(indicator_scan_hits.samples) >= ${SAMPLES_MAX}::int
          then indicator_scan_hits.samples else indicator_scan_hits.samples || excluded.samples end`,
      }),
    )
    .execute();
}
