import type { RecordLink, TimelineSource } from "@firebreak/protocol";
import { sql } from "kysely";
import type { ReadContext } from "../context.ts";
import { draftOf, idsOf, isNumber, wants } from "./entry.ts";
import type { Draft, Reading } from "./entry.ts";
import { boundFor, RANKS } from "./position.ts";

/** Kinds of the incident's own record by the source they are shown under; every other kind is a change of state. */
const KINDS: Readonly<Partial<Record<TimelineSource, readonly string[]>>> = {
  alert: ["alert"],
  note: ["note", "review"],
  stop: ["stop", "resume"],
  action: ["action", "reaction"],
  approval: ["approval"],
  playbook: ["playbook_run", "playbook_step"],
  notification: ["notification"],
  change: ["change"],
};
const OTHER: TimelineSource = "state";
const NAMED = Object.values(KINDS).flat();

/** A page of what the rooms wrote on the incident's timeline: alerts, states, notes, stops, actions, steps, messages. */
export async function readRecord(ctx: ReadContext, incidentId: string, reading: Reading): Promise<Draft[]> {
  const kinds = Object.entries(KINDS).flatMap(([source, names]) => (wantsName(reading, source) ? names : []));
  if (kinds.length === 0 && !wants(reading, OTHER)) return [];
  const order = reading.direction === 1 ? "asc" : "desc";
  let query = ctx.database.kysely
    .selectFrom("timeline")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where((where) =>
      where.or([
        where("kind", "=", sql<string>`any(${kinds}::text[])`),
        ...(wants(reading, OTHER) ? [where.not(where("kind", "=", sql<string>`any(${NAMED}::text[])`))] : []),
      ]),
    );
  if (reading.after !== null) {
    const { atMs, id } = boundFor(RANKS.record, reading.after);
    const sign = sql.raw(reading.direction === 1 ? ">" : "<");
    query = query.where(
      sql<boolean>`(at, id) ${sign} (${new Date(atMs)}::timestamptz, ${isNumber(id) ? id : "-1"}::bigint)`,
    );
  }
  if (reading.isCurated) {
    const hidden = idsOf(reading.hidden, "record").filter(isNumber);
    query = query.where(sql<boolean>`not id = any(${hidden}::bigint[])`);
  }
  const rows = await query.orderBy("at", order).orderBy("id", order).limit(reading.limit).execute();
  return rows.map((row) =>
    draftOf(
      { atMs: row.at.getTime(), rank: RANKS.record, id: row.id },
      {
        ref: `record:${row.id}`,
        source: sourceOf(row.kind),
        kind: row.kind,
        from: row.source,
        actor: row.actor,
        text: row.text,
        receivedTime: row.recorded_at.toISOString(),
        links: linksOf(row.data),
      },
    ),
  );
}

const wantsName = (reading: Reading, name: string) =>
  reading.sources === undefined || [...reading.sources].some((source) => source === name);

const SOURCES = new Map(
  Object.entries(KINDS).flatMap(([source, names]) => names.map((name) => [name, source as TimelineSource])),
);

function sourceOf(kind: string): TimelineSource {
  return SOURCES.get(kind) ?? OTHER;
}

const LINKED: readonly (readonly [string, RecordLink["kind"]])[] = [
  ["alertId", "alert"],
  ["stopId", "stop"],
  ["holdId", "hold"],
  ["runId", "run"],
  ["actionId", "action"],
  ["approvalId", "approval"],
  ["deliveryId", "delivery"],
  ["archiveId", "evidence"],
];

function linksOf(data: Readonly<Record<string, unknown>>): RecordLink[] {
  return LINKED.flatMap(([name, kind]) => {
    const id = data[name];
    return typeof id === "string" ? [{ kind, id }] : [];
  });
}
