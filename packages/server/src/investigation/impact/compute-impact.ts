import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ImpactView } from "@firebreak/protocol";
import { sql } from "kysely";
import { canonicalJson, toIso } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";
import { readStoredEvent } from "../../telemetry/index.ts";
import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";
import { estimateClocks, IN_STEP_MS, SKEW_MAX_MS } from "../timeline/clocks.ts";
import type { SourceFacts } from "../timeline/clocks.ts";
import { collectFacts } from "./collect-facts.ts";
import { drawGraph } from "./draw-graph.ts";
import { FactBook } from "./facts.ts";
import type { PlacedEvent } from "./facts.ts";
import { stateReachable } from "./read-evidence.ts";
import { followCourse, newCourse, stateBlastRadius, stateCost, stateDwell } from "./state-course.ts";
import type { Course } from "./state-course.ts";
import { stateFacts } from "./state-impact.ts";
import { suggestRegulatory } from "./suggest-regulatory.ts";

/** What was worked out; a version is this and when and by whom. */
export type ImpactBody = Pick<
  ImpactView,
  "from" | "to" | "eventsRead" | "limits" | "statements" | "graph" | "regulatory"
>;

/** events that are read for one incident */
const EVENTS_MAX = 100_000;
const PAGE = 1_000;
/** Events between two turns of the server, so that stops are answered meanwhile. */
const AT_ONCE = 50;

/** Reads the events of an incident and says what they say of the damage. Works out, and stores nothing. */
export async function computeImpact(
  ctx: ReadContext & { readonly profile: Profile },
  scope: Scope,
): Promise<ImpactBody> {
  const book = new FactBook();
  const course = newCourse();
  const sources = await estimateClocks(ctx, scope);
  const read = await readAll(ctx, scope, sources, { book, course });
  const { statements: facts, limits } = stateFacts(book);
  const reachable = await stateReachable(ctx, scope);
  const statements = [
    ...stateDwell(course, scope),
    ...stateBlastRadius(course, scope),
    ...facts,
    ...reachable.statements,
    ...stateCost(ctx.profile, course, scope, ctx.clock.now()),
  ];
  return {
    from: toIso(scope.fromMs),
    to: toIso(scope.toMs),
    eventsRead: read.events,
    limits: [...read.limits, ...limits, ...reachable.limits],
    statements,
    graph: drawGraph(book, scope),
    regulatory: suggestRegulatory(scope, statements),
  };
}

/** @returns the hash by which two results are told apart: without how much was read, and until when */
export function fingerprintOf({ statements, graph, regulatory, limits }: ImpactBody): string {
  return createHash("sha256").update(canonicalJson({ statements, graph, regulatory, limits })).digest("hex");
}

async function readAll(
  ctx: ReadContext,
  scope: Scope,
  sources: readonly SourceFacts[],
  { book, course }: { readonly book: FactBook; readonly course: Course },
): Promise<{ events: number; limits: string[] }> {
  const place = placer(sources);
  const cited = new Set(scope.citedEventIds);
  let events = 0;
  for (const agentId of scope.agents) {
    for await (const row of eventsOf(ctx, scope, agentId)) {
      const placed = place(row);
      if (placed.atMs < scope.fromMs || placed.atMs > scope.toMs) continue;
      if (events >= EVENTS_MAX) {
        return { events, limits: [`Only ${EVENTS_MAX} events were read; what ${agentId} did later is not in it`] };
      }
      if (events % AT_ONCE === 0) await nextTurn();
      events += 1;
      collectFacts(book, placed);
      followCourse(course, placed, cited);
    }
  }
  return { events, limits: limitsOf(scope, sources, events) };
}

interface Row {
  readonly seq: string;
  readonly time: Date;
  readonly body: string;
}

/** One agent's events in the order of its index. */
async function* eventsOf({ database }: ReadContext, scope: Scope, agentId: string): AsyncGenerator<Row> {
  let from = { time: new Date(scope.fromMs - SKEW_MAX_MS), seq: "-1" };
  for (;;) {
    const { rows } = await sql<Row>`
      select seq, time, body from events
      where agent_id = ${agentId} and seq <= ${scope.lastSeq}::bigint and (time, seq) > (${from.time}, ${from.seq}::bigint)
        and time <= ${new Date(scope.toMs + SKEW_MAX_MS)} and received_at >= ${new Date(scope.fromMs)}
        and kind not in ('heartbeat', 'metric')
      order by time, seq limit ${PAGE}`.execute(database.kysely);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    from = { time: last.time, seq: last.seq };
  }
}

function limitsOf({ agents, citedEventIds }: Scope, sources: readonly SourceFacts[], events: number): string[] {
  const older = sources.reduce((sum, { before }) => sum + before, 0);
  return [
    ...(agents.length === 0 ? ["The incident names no agent: no telemetry could be read"] : []),
    ...(agents.length > 0 && events === 0 ? ["No telemetry of its agents is stored for this time"] : []),
    ...(older > 0
      ? [`${older} events were received in this time but say that they are older; they are not in it`]
      : []),
    ...(events > 0 && citedEventIds.length === 0
      ? ["No alert cites an event: where it began is told by what stands out"]
      : []),
  ];
}

/** The same places as on the timeline. */
function placer(sources: readonly SourceFacts[]): (row: Row) => PlacedEvent {
  const corrections = new Map(sources.map(({ clock }) => [`${clock.agentId}\n${clock.source}`, clock.correctionMs]));
  return (row) => {
    const event = readStoredEvent(row);
    const correctionMs = corrections.get(`${event.agent.id}\n${event.source}`) ?? 0;
    const timeMs = Date.parse(event.time);
    if (correctionMs !== 0) return { event, atMs: timeMs + correctionMs };
    const receivedMs = Date.parse(event.receivedTime);
    return { event, atMs: timeMs > receivedMs + IN_STEP_MS ? receivedMs : timeMs };
  };
}
