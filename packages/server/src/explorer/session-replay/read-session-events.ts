import type { AgentEvent } from "@firebreak/protocol";
import type { SelectQueryBuilder } from "kysely";
import { sql } from "kysely";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import type { Database, Schema } from "../../storage/index.ts";
import { readStoredEvent } from "../../telemetry/index.ts";

export interface ReplayContext {
  readonly database: Pick<Database, "kysely">;
}

/** Whose conversation: a session, and of one agent alone where several gave a session the same name. */
export interface SessionName {
  readonly session: string;
  readonly agent?: string | undefined;
}

/** A place between events: after the event of that time and number. */
export interface Place {
  readonly timeMs: number;
  readonly seq: number;
}

export const SESSION_BEGIN: Place = { timeMs: -62_135_596_800_000, seq: 0 };
export const SESSION_END: Place = { timeMs: 253_402_300_799_000, seq: Number.MAX_SAFE_INTEGER };

export function placeOf(event: Pick<AgentEvent, "time" | "seq">): Place {
  return { timeMs: Date.parse(event.time), seq: event.seq };
}

export function formatPlace({ timeMs, seq }: Place): string {
  return `${timeMs}.${seq}`;
}

/** @throws FirebreakError bad_request */
export function parsePlace(name: string, text: string): Place {
  const [, timeMs = "", seq = ""] = /^(-?\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  const place = { timeMs: Number(timeMs), seq: Number(seq) };
  const isPlace = seq !== "" && place.timeMs >= SESSION_BEGIN.timeMs && place.timeMs <= SESSION_END.timeMs;
  if (isPlace) return place;
  throw new FirebreakError("bad_request", `${name}: give \`next\` or \`previous\` of another page.`);
}

type EventQuery<O> = SelectQueryBuilder<Schema, "events", O>;

export function ofSession<O>(query: EventQuery<O>, { session, agent }: SessionName): EventQuery<O> {
  const found = query.where("session_id", "=", session);
  return agent === undefined ? found : found.where("agent_id", "=", agent);
}

/** Signs of life, of which a session has more than of anything else; they are read where gaps are looked for. */
const QUIET_KINDS = ["heartbeat", "metric"] as const;

/**
 * @param limit.rows how many at most; `limit.bytes` ends them earlier, but never before the first
 * @returns events nearest to the place, in order of their time
 */
export async function readSessionEvents(
  ctx: ReplayContext,
  name: SessionName,
  from: { readonly after: Place } | { readonly before: Place },
  limit: { readonly rows: number; readonly bytes: number },
): Promise<AgentEvent[]> {
  const isForward = "after" in from;
  const place = isForward ? from.after : from.before;
  const order = isForward ? "asc" : "desc";
  const at = sql`(${toIso(place.timeMs)}::timestamptz, ${String(place.seq)}::bigint)`;
  const nearest = ofSession(ctx.database.kysely.selectFrom("events").select(["seq", "time", "body"]), name)
    .where("kind", "not in", [...QUIET_KINDS])
    .where(isForward ? sql<boolean>`(time, seq) > ${at}` : sql<boolean>`(time, seq) < ${at}`)
    .orderBy("time", order)
    .orderBy("seq", order)
    .limit(limit.rows);
  const rows = await ctx.database.kysely
    .with("nearest", () => nearest)
    .with("summed", (db) =>
      db
        .selectFrom("nearest")
        .select([
          "seq",
          "body",
          sql<string>`sum(octet_length(body)) over (order by time ${sql.raw(order)}, seq ${sql.raw(order)})`.as(
            "bytes",
          ),
          sql<string>`row_number() over (order by time ${sql.raw(order)}, seq ${sql.raw(order)})`.as("place"),
        ]),
    )
    .selectFrom("summed")
    .select(["seq", "body"])
    .where((where) => where.or([where("bytes", "<=", String(limit.bytes)), where("place", "=", "1")]))
    .orderBy(sql`place`)
    .execute();
  const events = rows.map(readStoredEvent);
  return isForward ? events : events.toReversed();
}

/** @throws FirebreakError not_found when no event of that number is in the session */
export async function findPlace(ctx: ReplayContext, name: SessionName, seq: number): Promise<Place> {
  const row = await ofSession(ctx.database.kysely.selectFrom("events").select("time"), name)
    .where("seq", "=", String(seq))
    .executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `The session ${name.session} has no event ${seq}.`);
  return { timeMs: row.time.getTime(), seq };
}
