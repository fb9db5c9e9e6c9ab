import type { AgentEvent } from "@firebreak/protocol";
import { hashLeaf } from "@firebreak/verifier";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";
import { IN_STEP_MS, SKEW_MAX_MS } from "./clocks.ts";
import type { SourceFacts } from "./clocks.ts";
import { describeEvent } from "./describe-event.ts";
import { idsOf, isNumber, wants } from "./entry.ts";
import type { Draft, Reading } from "./entry.ts";
import { boundFor, RANKS } from "./position.ts";
import { readStoredEvent } from "../../telemetry/index.ts";

interface Row {
  readonly seq: string;
  readonly body: string;
  readonly shift: string;
}

/** A part of the telemetry that is in the order of one column. */
interface Lane {
  readonly agentId: string;
  /** null: every source that has no clock of its own among the lanes */
  readonly source: string | null;
  readonly correctionMs: number;
}

/**
 * A page of telemetry in the order of corrected times. Each source whose clock is corrected is read for itself, because
 * only its own times are in the index's order; all others together. An event that was received before it happened
 * stands at its receipt, whatever it says.
 */
export async function readEvents(
  ctx: ReadContext,
  scope: Scope,
  sources: readonly SourceFacts[],
  reading: Reading,
): Promise<Draft[]> {
  if (!wants(reading, "telemetry") || scope.agents.length === 0) return [];
  const corrected = sources.map(({ clock }) => clock).filter((clock) => clock.correctionMs !== 0);
  const rest = scope.agents.map((agentId) => ({ agentId, source: null, correctionMs: 0 }));
  const fromFuture = sources
    .filter((source) => source.fromFuture > 0)
    .map(({ clock: { agentId, source } }) => ({ agentId, source, correctionMs: 0 }));
  const [inStep, moved] = await Promise.all([
    readLanes(ctx, scope, { lanes: [...rest, ...corrected], corrected, placedBy: "time" }, reading),
    readLanes(ctx, scope, { lanes: fromFuture, corrected: [], placedBy: "received_at" }, reading),
  ]);
  return [...inStep, ...moved];
}

interface Lanes {
  readonly lanes: readonly Lane[];
  /** sources that the lane of all others leaves out */
  readonly corrected: readonly Lane[];
  readonly placedBy: "time" | "received_at";
}

async function readLanes(
  ctx: ReadContext,
  scope: Scope,
  { lanes, corrected, placedBy }: Lanes,
  reading: Reading,
): Promise<Draft[]> {
  if (lanes.length === 0) return [];
  const shift = sql`s.shift * interval '1 millisecond'`;
  const order = sql.raw(reading.direction === 1 ? "asc" : "desc");
  const placed = sql.raw(placedBy);
  const isPlaced = placedBy === "time" ? sql`(s.source is not null or ${not(FROM_FUTURE)})` : FROM_FUTURE;
  const latest = scope.toMs + (placedBy === "time" ? 0 : SKEW_MAX_MS);
  const { rows } = await sql<Row>`
    select e.seq, e.body, s.shift from unnest(
      ${lanes.map((lane) => lane.agentId)}::text[], ${lanes.map((lane) => lane.source)}::text[],
      ${lanes.map((lane) => lane.correctionMs)}::bigint[]
    ) s(agent, source, shift) cross join lateral (
      select seq, ${placed} as placed, body from events
      where agent_id = s.agent and seq <= ${scope.lastSeq}::bigint
        and time >= ${new Date(scope.fromMs)}::timestamptz - ${shift}
        and time <= ${new Date(latest)}::timestamptz - ${shift} and ${isPlaced}
        and ${placed} between ${new Date(scope.fromMs)}::timestamptz - ${shift} and ${new Date(scope.toMs)}::timestamptz - ${shift}
        and case when s.source is not null then source = s.source else not exists (
          select from unnest(
            ${corrected.map((lane) => lane.agentId)}::text[], ${corrected.map((lane) => lane.source)}::text[]
          ) c(agent, source) where c.agent = agent_id and c.source = events.source) end
        and ${behind(reading, placed, shift)} and ${notable(scope, reading)}
      order by ${placed} ${order}, seq ${order} limit ${reading.limit}
    ) e
    order by e.placed + ${shift} ${order}, e.seq ${order} limit ${reading.limit}`.execute(ctx.database.kysely);
  return rows.map((row) => draftEvent(row, placedBy));
}

const FROM_FUTURE = sql`time > received_at + ${IN_STEP_MS} * interval '1 millisecond'`;
const not = (condition: RawBuilder<unknown>) => sql`not (${condition})`;

function behind({ after, direction }: Reading, placed: RawBuilder<unknown>, shift: RawBuilder<unknown>) {
  if (after === null) return sql`true`;
  const { atMs, id } = boundFor(RANKS.event, after);
  const sign = sql.raw(direction === 1 ? ">" : "<");
  return sql`(${placed}, seq) ${sign} (${new Date(atMs)}::timestamptz - ${shift}, ${isNumber(id) ? id : "-1"}::bigint)`;
}

/** What stands out by itself, what an alert or the impact cites and what a person pinned; never what a person hid. */
function notable(scope: Scope, { isCurated, pinned, telling, hidden }: Reading) {
  if (!isCurated) return sql`true`;
  const seqs = (refs: ReadonlySet<string>) => sql`${idsOf(refs, "event").filter(isNumber)}::bigint[]`;
  return sql`(risk in ('high', 'critical') or outcome = 'denied' or seq = any(${seqs(pinned)}) or seq = any(${seqs(telling)})
    or id = any(${[...scope.citedEventIds]}::text[])) and not seq = any(${seqs(hidden)})`;
}

function draftEvent(row: Row, placedBy: Lanes["placedBy"]): Draft {
  const event = readStoredEvent(row);
  const sourceMs = Date.parse(event.time);
  const correctionMs = placedBy === "time" ? Number(row.shift) : Date.parse(event.receivedTime) - sourceMs;
  const atMs = sourceMs + correctionMs;
  return {
    atMs,
    rank: RANKS.event,
    id: row.seq,
    ref: `event:${row.seq}`,
    at: new Date(atMs).toISOString(),
    sourceTime: event.time,
    receivedTime: event.receivedTime,
    correctionMs,
    source: "telemetry",
    kind: event.kind,
    from: event.source,
    actor: null,
    agentId: event.agent.id,
    sessionId: event.agent.session ?? null,
    text: describeEvent(event),
    outcome: event.outcome,
    risk: event.risk ?? null,
    redacted: categoriesOf(event),
    links: [{ kind: "event", id: event.id }],
    leafHash: hashLeaf(row.body).toString("hex"),
  };
}

function categoriesOf({ redacted = [] }: AgentEvent): Draft["redacted"] {
  return [...new Set(redacted.map(({ category }) => category))];
}
