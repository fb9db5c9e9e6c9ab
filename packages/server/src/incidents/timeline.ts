import type { TimelineEntry } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import { notifyLiveOfAll } from "../storage/index.ts";
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
  /** automation writes one for each agent: in a storm, which shows them together, it is left out */
  readonly isOfEach?: boolean;
}

export const TEXT_CHARACTERS_MAX = 10_000;
const ENTRIES_MAX = 2_000;

/**
 * Writes what happened into the incident's record, by `ctx.actor`, in the caller's transaction.
 *
 * @returns false when an entry of this key was there already, or it is one too many of a storm
 */
export async function addTimelineEntry(
  trx: Trx,
  ctx: Pick<IncidentContext, "actor" | "clock">,
  entry: NewTimelineEntry,
): Promise<boolean> {
  if (entry.isOfEach === true && (await isStorm(trx, entry.incidentId))) return false;
  return (await addTimelineEntries(trx, ctx, [entry])) > 0;
}

/** The same for many entries. @returns how many are new */
export async function addTimelineEntries(
  trx: Trx,
  { actor, clock }: Pick<IncidentContext, "actor" | "clock">,
  entries: readonly NewTimelineEntry[],
): Promise<number> {
  if (entries.length === 0) return 0;
  const recorded = toIso(clock.now());
  const written = await trx
    .insertInto("timeline")
    .values(
      entries.map((entry) => ({
        incident_id: entry.incidentId,
        key: entry.key,
        at: toIso(entry.at),
        recorded_at: recorded,
        kind: entry.kind,
        source: entry.source,
        actor: storableJson(actor),
        text: cleanText(entry.text, TEXT_CHARACTERS_MAX),
        data: storableJson(entry.data ?? {}),
      })),
    )
    .onConflict((conflict) => conflict.columns(["incident_id", "key"]).doNothing())
    .returning("incident_id")
    .execute();
  await notifyLiveOfAll(trx, "incident", [...new Set(written.map((row) => row.incident_id))]);
  return written.length;
}

async function isStorm(trx: Trx, incidentId: string): Promise<boolean> {
  const storm = await trx
    .selectFrom("storms")
    .select("incident_id")
    .where("incident_id", "=", incidentId)
    .executeTakeFirst();
  return storm !== undefined;
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
