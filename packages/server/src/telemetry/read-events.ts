import type { AgentEvent, EventView } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

export interface ReadContext {
  readonly database: Pick<Database, "kysely">;
}

export interface EventFilters {
  readonly agent?: string | undefined;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
  readonly kind?: string | undefined;
  /** ISO 8601: events of this time and later */
  readonly since?: string | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/**
 * Stored events, newest first, paged by `seq`.
 *
 * @throws FirebreakError bad_request when `after` is not a `next` of an earlier page
 */
export async function listEvents(
  ctx: ReadContext,
  filters: EventFilters,
): Promise<{ items: EventView[]; next: string | null }> {
  const limit = Math.max(1, Math.min(filters.limit ?? PAGE_DEFAULT, PAGE_MAX));
  let query = ctx.database.kysely.selectFrom("events").select(["seq", "body"]);
  if (filters.agent !== undefined) query = query.where("agent_id", "=", filters.agent);
  if (filters.pack !== undefined) query = query.where("pack", "=", filters.pack);
  if (filters.session !== undefined) query = query.where("session_id", "=", readTextKey("session", filters.session));
  if (filters.kind !== undefined) query = query.where("kind", "=", filters.kind);
  if (filters.since !== undefined) query = query.where("time", ">=", new Date(filters.since));
  if (filters.after !== undefined) query = query.where("seq", "<", parseSeq(filters.after));
  const rows = await query
    .orderBy("seq", "desc")
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map((row) => toView(readStoredEvent(row)));
  return { items, next: rows.length > limit ? String(items.at(-1)?.seq ?? "") : null };
}

/** @returns the event of that id, or null when it is not there any more */
export async function findEvent(ctx: ReadContext, id: string): Promise<AgentEvent | null> {
  const { kysely } = ctx.database;
  const row = await kysely
    .selectFrom("events")
    .select(["seq", "body"])
    .where("id", "=", id)
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : readStoredEvent(row);
}

/** @returns events after `seq` in the order they were committed, at most `limit` */
export async function readEventsAfter(ctx: ReadContext, seq: number, limit: number): Promise<AgentEvent[]> {
  return (await readBodiesAfter(ctx, seq, limit)).map(readStoredEvent);
}

/** An event as the table has it, not yet parsed. */
export interface StoredBody {
  readonly seq: string;
  readonly body: string;
}

/** @returns events after `seq` as they are stored, in the order they were committed */
export async function readBodiesAfter(ctx: ReadContext, seq: number, limit: number): Promise<StoredBody[]> {
  const stored = ctx.database.kysely.selectFrom("events").select(["seq", "body"]).where("seq", ">", String(seq));
  return stored.orderBy("seq").limit(limit).execute();
}

/** @returns the newest events as they are stored, oldest first */
export async function readNewestBodies(ctx: ReadContext, limit: number): Promise<StoredBody[]> {
  const stored = ctx.database.kysely.selectFrom("events").select(["seq", "body"]);
  return (await stored.orderBy("seq", "desc").limit(limit).execute()).toReversed();
}

const STREAM_PAGE = 500;

/** The events of agents from a time on as they are stored, by the source's clock, page by page: their number costs no memory. */
export async function* streamEvents(
  ctx: ReadContext,
  { agentIds, sinceMs }: { readonly agentIds: readonly string[]; readonly sinceMs: number },
): AsyncGenerator<readonly StoredBody[]> {
  let after = { time: new Date(sinceMs).toISOString(), seq: "-1" };
  while (true) {
    const rows = await ctx.database.kysely
      .selectFrom("events")
      .select(["seq", "body", sql<string>`time::text`.as("at")])
      .where(
        "agent_id",
        "in",
        agentIds.map((one) => readTextKey("agent", one)),
      )
      // twice: the first lets the database pass over whole partitions
      .where(sql<boolean>`time >= ${after.time}::timestamptz`)
      .where(sql<boolean>`(time, seq) > (${after.time}::timestamptz, ${after.seq}::bigint)`)
      .orderBy("time")
      .orderBy("seq")
      .limit(STREAM_PAGE)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < STREAM_PAGE) return;
    after = { time: last.at, seq: last.seq };
  }
}

/** Events by their numbers, in order; those that are gone are left out. */
export async function readEventsBySeq(ctx: ReadContext, seqs: readonly number[]): Promise<AgentEvent[]> {
  if (seqs.length === 0) return [];
  const rows = await ctx.database.kysely
    .selectFrom("events")
    .select(["seq", "body"])
    .where("seq", "in", seqs.map(String))
    .orderBy("seq")
    .execute();
  return rows.map((row) => readStoredEvent(row));
}

/**
 * PostgreSQL text holds no NUL; nothing stored can match such a key.
 *
 * @throws FirebreakError bad_request
 */
export function readTextKey(name: string, text: string): string {
  if (!text.includes("\u0000")) return text;
  throw new FirebreakError("bad_request", `${name}: the character U+0000 cannot be part of it.`);
}

function parseSeq(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw new FirebreakError("bad_request", "after: give the `next` of the page before, a number.");
}

/** A stored body was written by {@link prepareEvent} from a checked event. */
export function readStoredEvent(row: StoredBody): AgentEvent {
  const event = JSON.parse(row.body) as Omit<AgentEvent, "seq">;
  return { seq: Number(row.seq), ...event };
}

function toView(event: AgentEvent): EventView {
  const { risk = null, resource = null, redacted = [], indicators = [] } = event;
  return { ...event, risk, resource, redacted: [...redacted], indicators: [...indicators] };
}
