import type { AgentEvent, EventView } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { packPage } from "./event-page.ts";
import type { EventPage } from "./event-page.ts";

export interface ReadContext {
  readonly database: Pick<Database, "kysely">;
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

/** @returns events after `seq` in the order they were committed, at most `events`; nothing when there is none */
export async function readPageAfter(
  ctx: ReadContext,
  seq: number,
  { events, untilSeq = Number.MAX_SAFE_INTEGER }: { readonly events: number; readonly untilSeq?: number },
): Promise<EventPage | undefined> {
  return packBodies((await readBodiesAfter(ctx, seq, events)).filter((row) => Number(row.seq) <= untilSeq));
}

/** Events by their numbers, in order; those that are gone are left out. */
export async function readPageOf(ctx: ReadContext, seqs: readonly number[]): Promise<EventPage | undefined> {
  return packBodies(await readBodiesBySeq(ctx, seqs));
}

function packBodies(rows: readonly StoredBody[]): EventPage | undefined {
  if (rows.length === 0) return undefined;
  return packPage(
    rows.map(({ seq }) => Number(seq)),
    rows.map(({ body }) => Buffer.from(body)),
  );
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
  return (await readBodiesBySeq(ctx, seqs)).map(readStoredEvent);
}

async function readBodiesBySeq({ database }: ReadContext, seqs: readonly number[]): Promise<StoredBody[]> {
  if (seqs.length === 0) return [];
  const stored = database.kysely.selectFrom("events").select(["seq", "body"]).where("seq", "in", seqs.map(String));
  return stored.orderBy("seq").execute();
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

/** A stored body was written by {@link prepareEvent} from a checked event. */
export function readStoredEvent(row: StoredBody): AgentEvent {
  const event = JSON.parse(row.body) as Omit<AgentEvent, "seq">;
  return { seq: Number(row.seq), ...event };
}

/** @returns it as the API answers it */
export function toView(event: AgentEvent): EventView {
  const { risk = null, resource = null, redacted = [], indicators = [] } = event;
  return { ...event, risk, resource, redacted: [...redacted], indicators: [...indicators] };
}
