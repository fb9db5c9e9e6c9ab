import { sql } from "kysely";
import type { ReadContext } from "../context.ts";
import { SESSIONS_MAX } from "../scope.ts";
import type { Scope } from "../scope.ts";
import type { SourceFacts } from "./clocks.ts";
import type { Draft } from "./entry.ts";
import { findRemoved } from "./find-removed.ts";
import { gap } from "./gap.ts";

/** A source that beats is silent when it misses this many beats … */
const BEATS_MISSED = 3;
/** … and at least this long. */
const SILENCE_MIN_MS = 30_000;
const SILENCES_MAX = 200;

/** What the timeline cannot show: silences, lost sessions, what was taken out or is stored no more, sources that cannot be placed. */
export async function findGaps(ctx: ReadContext, scope: Scope, sources: readonly SourceFacts[]): Promise<Draft[]> {
  const [silences, redacted, deleted, removed] = await Promise.all([
    findSilences(ctx, scope, sources),
    findRedacted(ctx, scope),
    findDeleted(ctx, scope),
    findRemoved(ctx, scope),
  ]);
  return [
    ...silences,
    ...redacted,
    ...deleted,
    ...removed,
    ...findLost(scope),
    ...findUnplaced(scope, sources),
    ...findBlind(scope, sources),
  ];
}

interface Silence {
  readonly agentId: string;
  readonly source: string;
  readonly sessionId: string | null;
  readonly from: Date;
  readonly until: Date;
  readonly beatMs: number;
}

async function findSilences(
  { database }: ReadContext,
  scope: Scope,
  sources: readonly SourceFacts[],
): Promise<Draft[]> {
  if (scope.agents.length === 0) return [];
  const { rows } = await sql<Silence>`
    with beats as (
      select agent_id, source, session_id, time,
        lead(time) over (partition by agent_id, source, session_id order by time) as next
      from events
      where agent_id = any(${[...scope.agents]}::text[]) and kind = 'heartbeat' and seq <= ${scope.lastSeq}::bigint
        and time between ${new Date(scope.fromMs)} and ${new Date(scope.toMs)}
    ), usual as (
      select agent_id, source, session_id,
        percentile_cont(0.5) within group (order by extract(epoch from next - time) * 1000) as "beatMs"
      from beats where next is not null group by 1, 2, 3
    )
    select beats.agent_id as "agentId", beats.source, beats.session_id as "sessionId", time as "from", next as "until", "beatMs"
    from beats join usual on usual.agent_id = beats.agent_id and usual.source = beats.source
      and usual.session_id is not distinct from beats.session_id
    where extract(epoch from next - time) * 1000 > greatest(${SILENCE_MIN_MS}, ${BEATS_MISSED} * "beatMs")
    order by time, 1, 2 limit ${SILENCES_MAX}`.execute(database.kysely);
  return rows.map((row) => {
    const known = sources.find(({ clock }) => clock.agentId === row.agentId && clock.source === row.source);
    const correctionMs = known?.clock.correctionMs ?? 0;
    const atMs = row.from.getTime() + correctionMs;
    const lengthMs = row.until.getTime() - row.from.getTime();
    const usual = `it beats every ${seconds(row.beatMs)}`;
    return gap(
      "silence",
      `${row.agentId}/${row.sessionId ?? ""}/${row.from.getTime()}`,
      atMs,
      `No heartbeat of ${row.source} for ${seconds(lengthMs)} (${usual}): what ${row.agentId} did then may be missing`,
      { agentId: row.agentId, sessionId: row.sessionId, sourceTime: row.from.toISOString(), correctionMs },
    );
  });
}

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

async function findRedacted({ database }: ReadContext, scope: Scope): Promise<Draft[]> {
  if (scope.agents.length === 0) return [];
  const { rows } = await sql<{ agentId: string; events: number; first: Date }>`
    select agent_id as "agentId", count(*)::int as events, min(time) as first from events
    where agent_id = any(${[...scope.agents]}::text[]) and seq <= ${scope.lastSeq}::bigint
      and time between ${new Date(scope.fromMs)} and ${new Date(scope.toMs)} and body like '%"redacted":[{%'
      and body::json -> 'redacted' is not null
    group by 1 order by 1`.execute(database.kysely);
  return rows.map(({ agentId, events, first }) =>
    gap(
      "redacted",
      agentId,
      first.getTime(),
      `From ${events === 1 ? "1 event" : `${events} events`} of ${agentId} secrets or personal data were taken out before they were stored`,
      { agentId },
    ),
  );
}

async function findDeleted({ database }: ReadContext, scope: Scope): Promise<Draft[]> {
  if (scope.citedEventIds.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    select c.id from unnest(${[...scope.citedEventIds]}::text[]) c(id)
    where not exists (select from events where events.id = c.id)`.execute(database.kysely);
  const [first] = rows;
  if (first === undefined) return [];
  const named = rows
    .slice(0, 5)
    .map(({ id }) => id)
    .join(", ");
  return [
    gap(
      "deleted",
      "cited",
      scope.incident.detected_at.getTime(),
      `${rows.length} of ${scope.citedEventIds.length} events that alerts cite are stored no more: ${named}${rows.length > 5 ? " …" : ""}`,
      { links: rows.slice(0, 100).map(({ id }) => ({ kind: "event", id })) },
    ),
  ];
}

function findLost({ sessions, fromMs }: Scope): Draft[] {
  const lost = sessions.filter((session) => session.state === "lost" && session.last_heartbeat_at.getTime() >= fromMs);
  const gaps = lost.map((session) =>
    gap(
      "lost_session",
      session.id,
      session.last_heartbeat_at.getTime(),
      `Last word of a session of ${session.agent_id} on ${session.host}: it was lost, nobody knows whether it went on`,
      { agentId: session.agent_id, sessionId: session.id, links: [{ kind: "session", id: session.id }] },
    ),
  );
  const isCut = sessions.length >= SESSIONS_MAX;
  return isCut ? [...gaps, gap("cut", "sessions", fromMs, `Only the first ${SESSIONS_MAX} sessions are shown`)] : gaps;
}

function findUnplaced({ fromMs }: Scope, sources: readonly SourceFacts[]): Draft[] {
  return sources.flatMap(({ clock, fromFuture, before }) => {
    const of = { agentId: clock.agentId };
    const id = `${clock.agentId}/${clock.source}`;
    const who = `${clock.source} (${clock.agentId})`;
    const unsteady = `Events of ${who} arrived ${seconds(clock.lowMs)} to ${seconds(clock.highMs)} after their time: late, or by a wrong clock. Their place among others is as they say, not certain`;
    const future = `${fromFuture} events of ${who} say that they happened after they were received; they stand at their receipt`;
    const outside = `${before} events of ${who} were received in this time but say that they are older, and are not shown`;
    return [
      ...(clock.state === "unsteady" ? [gap("unsteady_clock", id, fromMs, unsteady, of)] : []),
      ...(fromFuture > 0 ? [gap("from_future", id, fromMs, future, of)] : []),
      ...(before > 0 ? [gap("older", id, fromMs, outside, of)] : []),
    ];
  });
}

/** Agents of whom nothing was told. */
function findBlind({ agents, fromMs }: Scope, sources: readonly SourceFacts[]): Draft[] {
  if (agents.length === 0)
    return [gap("no_agent", "none", fromMs, "The incident names no agent: no telemetry belongs to it")];
  const heard = new Set(sources.map(({ clock }) => clock.agentId));
  return agents
    .filter((agent) => !heard.has(agent))
    .map((agentId) => gap("no_telemetry", agentId, fromMs, `No telemetry of ${agentId} in this time`, { agentId }));
}
