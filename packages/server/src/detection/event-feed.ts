import type { AgentEvent } from "@firebreak/protocol";
import type { Database } from "../storage/index.ts";
import { readEventsAfter } from "../telemetry/index.ts";

/** Events that follow `after` without a gap. */
interface Run {
  readonly after: number;
  readonly events: readonly AgentEvent[];
}

/** The stored events in order: from memory while the intake's batches follow without a gap, else from the table. */
export interface EventFeed {
  /** a batch the intake has just committed, or nothing: then somebody else may have stored something */
  push(events?: readonly AgentEvent[]): void;
  /** @returns events after `position`, at least one unless there is none */
  next(position: number): Promise<readonly AgentEvent[]>;
}

const READ_EVENTS = 500;
/** Kept for the fast path; what does not fit is read from the table. */
const KEPT_EVENTS_MAX = 20_000;

export function createEventFeed(database: Pick<Database, "kysely">): EventFeed {
  let runs: Run[] = [];
  let kept = 0;
  let mayHoldMore = true;

  function push(events: readonly AgentEvent[] = []): void {
    const [first] = events;
    if (first === undefined || kept + events.length > KEPT_EVENTS_MAX) {
      mayHoldMore = true;
      return;
    }
    // One commit's numbers are its own: whatever lies between them was not stored.
    runs.push({ after: first.seq - 1, events });
    kept += events.length;
  }

  function takeKept(position: number): readonly AgentEvent[] {
    const spent = runs.findIndex((run) => (run.events.at(-1)?.seq ?? 0) > position);
    const dropped = runs.splice(0, spent < 0 ? runs.length : spent);
    for (const run of dropped) kept -= run.events.length;
    const [run] = runs;
    if (run === undefined) return [];
    if (run.after > position) {
      mayHoldMore = true;
      return [];
    }
    return position <= run.after ? run.events : run.events.slice(countUpTo(run.events, position));
  }

  /** The table holds nothing more: what a kept batch seems to lack was never stored, or is dropped by retention. */
  function closeGap(position: number): readonly AgentEvent[] {
    const [run, ...later] = runs;
    if (run === undefined || run.after <= position) return [];
    runs = [{ after: position, events: run.events }, ...later];
    return run.events;
  }

  return {
    push,
    next: async (position) => {
      const known = takeKept(position);
      if (known.length > 0 || !mayHoldMore) return known;
      mayHoldMore = false;
      try {
        const events = await readEventsAfter({ database }, position, READ_EVENTS);
        if (events.length === 0) return closeGap(position);
        runs = [{ after: position, events }, ...runs];
        kept += events.length;
        // A push during the read may mean rows that the read did not see: never clear the flag here.
        if (events.length === READ_EVENTS) mayHoldMore = true;
        return events;
      } catch (error) {
        mayHoldMore = true;
        throw error;
      }
    },
  };
}

/** @returns how many of the events, which are in order, have a `seq` up to `position` */
function countUpTo(events: readonly AgentEvent[], position: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.seq ?? Infinity) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
