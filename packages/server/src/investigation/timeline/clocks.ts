import type { SourceClock } from "@firebreak/protocol";
import { sql } from "kysely";
import type { ReadContext } from "../context.ts";
import type { Scope } from "../scope.ts";

/** Sources are heard with a delay; up to this much, it is no clock that is wrong. */
export const IN_STEP_MS = 2_000;
/** Nine in ten events of a clock that is wrong come within this of each other; those of a log that was read late do not. */
const STEADY_MS = 5_000;
/** What arrived at once says nothing of the clock: it may have waited for the network. */
const RECEIPTS_MIN = 3;
/** A clock may be wrong by a time zone, and more is no longer found beside the window. */
export const SKEW_MAX_MS = 24 * 3_600_000;
const SOURCES_MAX = 200;
/** events of one agent that its clocks are told by */
const SAMPLE_MAX = 200_000;

export interface ClockFacts {
  readonly events: number;
  /** how many different times of receipt */
  readonly receipts: number;
  readonly lowMs: number;
  readonly medianMs: number;
  readonly highMs: number;
}

/** Events whose own time cannot be, or leaves the window; none where the clock is corrected. */
interface OutOfStep {
  /** received before they happened: placed at their receipt */
  readonly fromFuture: number;
  /** received in the window, but of a time before it: not shown */
  readonly before: number;
}

export interface SourceFacts extends OutOfStep {
  readonly clock: SourceClock;
}

/** @returns what is known of a clock from the delays of its events, and what to add to its times */
export function judgeClock(facts: ClockFacts): Pick<SourceClock, "state" | "correctionMs"> {
  if (Math.abs(facts.medianMs) < IN_STEP_MS) return { state: "in_step", correctionMs: 0 };
  const isSteady = facts.highMs - facts.lowMs <= STEADY_MS && facts.receipts >= RECEIPTS_MIN;
  return isSteady ? { state: "corrected", correctionMs: facts.medianMs } : { state: "unsteady", correctionMs: 0 };
}

/**
 * How far each source's clock is from ours, by received − time of its events that arrived in the window. The delay of
 * the network is part of it and cannot be told apart; so nothing below {@link IN_STEP_MS} is corrected.
 */
export async function estimateClocks(ctx: ReadContext, scope: Scope): Promise<SourceFacts[]> {
  if (scope.agents.length === 0) return [];
  const { rows } = await sql<ClockFacts & { agentId: string; source: string } & OutOfStep>`
    select a.id as "agentId", e.source, count(*)::int as events, count(distinct e.received_at)::int as receipts,
      round(percentile_cont(0.05) within group (order by e.delay))::float8 as "lowMs",
      round(percentile_cont(0.5) within group (order by e.delay))::float8 as "medianMs",
      round(percentile_cont(0.95) within group (order by e.delay))::float8 as "highMs",
      count(*) filter (where e.delay < ${-IN_STEP_MS})::int as "fromFuture",
      count(*) filter (where time < ${new Date(scope.fromMs)})::int as "before"
    from unnest(${[...scope.agents]}::text[]) a(id) cross join lateral (
      select source, time, received_at, extract(epoch from received_at - time) * 1000 as delay
      from events
      where agent_id = a.id and seq <= ${scope.lastSeq}::bigint
        and time between ${new Date(scope.fromMs - SKEW_MAX_MS)} and ${new Date(scope.toMs + SKEW_MAX_MS)}
        and received_at between ${new Date(scope.fromMs)} and ${new Date(scope.toMs)}
      limit ${SAMPLE_MAX}
    ) e
    group by 1, 2 order by events desc, 1, 2 limit ${SOURCES_MAX}`.execute(ctx.database.kysely);
  return rows.map(({ receipts, fromFuture, before, ...row }) => {
    const judged = judgeClock({ ...row, receipts });
    const isMoved = judged.correctionMs !== 0;
    return { clock: { ...row, ...judged }, fromFuture: isMoved ? 0 : fromFuture, before: isMoved ? 0 : before };
  });
}
