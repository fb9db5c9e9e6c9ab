import type { SessionMoment } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import { HEARTBEAT_SILENCE_MAX_MS } from "../../telemetry/index.ts";
import { ofSession } from "./read-session-events.ts";
import type { ReplayContext, SessionName } from "./read-session-events.ts";

/** From so long on, a time in which nothing is told is worth saying. */
const QUIET_MS = 60_000;
const GAPS_MAX = 200;

type Gap = Extract<SessionMoment, { type: "gap" }>;

/**
 * The times between two moments of which nothing is told: silence when not even a heartbeat came of a session that has a
 * supervisor, else idleness or a pause.
 *
 * @param times of the events that are shown, in order, milliseconds since 1970
 */
export async function findGaps(
  ctx: ReplayContext,
  name: SessionName,
  { times, isSupervised }: { readonly times: readonly number[]; readonly isSupervised: boolean },
): Promise<Gap[]> {
  const [from] = times;
  const to = times.at(-1);
  if (from === undefined || to === undefined) return [];
  const silences = isSupervised ? await readSilences(ctx, name, from, to) : [];
  const quiet = times.flatMap((time, index) => {
    const next = times[index + 1] ?? time;
    const isTold = silences.some((gap) => gap.from < next && gap.until > time);
    return next - time < QUIET_MS || isTold ? [] : [{ from: time, until: next }];
  });
  const cause = isSupervised ? "idle" : "pause";
  return [
    ...silences.map((gap) => toGap(gap, "silence")),
    ...quiet.slice(0, GAPS_MAX).map((gap) => toGap(gap, cause)),
  ].toSorted((a, b) => a.at.localeCompare(b.at));
}

interface Span {
  readonly from: number;
  readonly until: number;
}

function toGap({ from, until }: Span, cause: Gap["cause"]): Gap {
  return { type: "gap", at: toIso(from), until: toIso(until), cause };
}

/** Longer than a supervisor may be silent before its session counts as lost. */
async function readSilences(ctx: ReplayContext, name: SessionName, from: number, to: number): Promise<Span[]> {
  const signs = ofSession(
    ctx.database.kysely
      .selectFrom("events")
      .select(["time as until", sql<Date | null>`lag(time) over (order by time)`.as("from")]),
    name,
  )
    .where("time", ">=", new Date(from))
    .where("time", "<=", new Date(to));
  const rows = await ctx.database.kysely
    .with("signs", () => signs)
    .selectFrom("signs")
    .select(["from", "until"])
    .where(sql<boolean>`until - "from" > ${`${HEARTBEAT_SILENCE_MAX_MS} milliseconds`}::interval`)
    .orderBy("until")
    .limit(GAPS_MAX)
    .execute();
  return rows.flatMap((row) => (row.from === null ? [] : [{ from: row.from.getTime(), until: row.until.getTime() }]));
}
