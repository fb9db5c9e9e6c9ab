import type { TimelineEntry } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import { cleanText, storableJson } from "./input.ts";
import type { IncidentContext, Trx } from "./types.ts";

export interface NewTimelineEntry {
  readonly incidentId: string;
  /** makes the entry idempotent within its incident: an entry whose key is there already is not written again */
  readonly key: string;
  /** when it happened, milliseconds since 1970 */
  readonly at: number;
  /** what kind of thing happened: `state`, `clock`, `alert`, `note`, `stop`, `evidence`, `notification` … */
  readonly kind: string;
  /** the room or system it comes from */
  readonly source: string;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export const TEXT_CHARACTERS_MAX = 10_000;
const ENTRIES_MAX = 2_000;

/**
 * Writes what happened into the incident's record, by `ctx.actor`, in the caller's transaction.
 *
 * @returns false when an entry of this key was there already
 */
export async function addTimelineEntry(
  trx: Trx,
  ctx: Pick<IncidentContext, "actor" | "clock">,
  entry: NewTimelineEntry,
): Promise<boolean> {
  const written = await trx
    .insertInto("timeline")
    .values({
      incident_id: entry.incidentId,
      key: entry.key,
      at: toIso(entry.at),
      recorded_at: toIso(ctx.clock.now()),
      kind: entry.kind,
      source: entry.source,
      actor: storableJson(ctx.actor),
      text: cleanText(entry.text, TEXT_CHARACTERS_MAX),
      data: storableJson(entry.data ?? {}),
    })
    .onConflict((conflict) => conflict.columns(["incident_id", "key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (written !== undefined) await notifyLive(trx, "incident", entry.incidentId);
  return written !== undefined;
}

/** @returns true when the incident's record has an entry of this key */
export async function hasTimelineEntry(trx: Trx, incidentId: string, key: string): Promise<boolean> {
  const found = await trx
    .selectFrom("timeline")
    .select("id")
    .where("incident_id", "=", incidentId)
    .where("key", "=", key)
    .executeTakeFirst();
  return found !== undefined;
}

/** @returns the newest 2,000 entries of the incident, oldest first */
export async function readTimeline(
  kysely: IncidentContext["database"]["kysely"],
  incidentId: string,
): Promise<TimelineEntry[]> {
  const rows = await kysely
    .selectFrom("timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(ENTRIES_MAX)
    .execute();
  return rows.toReversed().map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    source: row.source,
    actor: row.actor,
    text: row.text,
    data: row.data,
  }));
}
