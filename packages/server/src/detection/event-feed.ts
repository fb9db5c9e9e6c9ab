import type { AgentEvent } from "@firebreak/protocol";
import type { Database } from "../storage/index.ts";
import { readEventsAfter } from "../telemetry/index.ts";
import type { StoredEvents } from "../telemetry/index.ts";

/** Events that follow `after` without a gap: those of one commit, or a page of the table. */
interface Run {
  readonly after: number;
  readonly events: StoredEvents | readonly AgentEvent[];
}

/** The stored events in order: from memory while the intake's batches follow without a gap, else from the table. */
export interface EventFeed {
  /** a batch the intake has just committed, or nothing: then somebody else may have stored something */
  push(events?: StoredEvents): void;
  /** @returns some events after `position`, at least one unless there is none */
  next(position: number): Promise<readonly AgentEvent[]>;
}

const READ_EVENTS = 500;
/** Less than a turn's work, so that what is parsed is judged at once. */
const PARSED_AT_ONCE = 100;
/** Kept for the fast path; what does not fit is read from the table. */
const KEPT_EVENTS_MAX = 20_000;

export function createEventFeed(database: Pick<Database, "kysely">): EventFeed {
  let runs: Run[] = [];
  let kept = 0;
  let mayHoldMore = true;

  function push(events?: StoredEvents): void {
    if (events === undefined || kept + events.count > KEPT_EVENTS_MAX) {
      mayHoldMore = true;
      return;
    }
    // One commit's numbers are its own: whatever lies between them was not stored.
    runs.push({ after: events.first - 1, events });
    kept += events.count;
  }

  function takeKept(position: number): readonly AgentEvent[] {
    const spent = runs.findIndex((run) => lastOf(run) > position);
    const dropped = runs.splice(0, spent < 0 ? runs.length : spent);
    for (const run of dropped) kept -= countOf(run);
    const [run] = runs;
    if (run === undefined) return [];
    if (run.after > position) {
      mayHoldMore = true;
      return [];
    }
    return readRun(run, position);
  }

  /** The table holds nothing more: what a kept batch seems to lack was never stored, or is dropped by retention. */
  function closeGap(position: number): readonly AgentEvent[] {
    const [run, ...later] = runs;
    if (run === undefined || run.after <= position) return [];
    runs = [{ after: position, events: run.events }, ...later];
    return readRun(run, position);
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

function readRun({ events }: Run, position: number): readonly AgentEvent[] {
  return isPage(events) ? events.slice(countUpTo(events, position)) : events.after(position, PARSED_AT_ONCE);
}

function lastOf({ events }: Run): number {
  return isPage(events) ? (events.at(-1)?.seq ?? 0) : events.last;
}

function countOf({ events }: Run): number {
  return isPage(events) ? events.length : events.count;
}

function isPage(events: StoredEvents | readonly AgentEvent[]): events is readonly AgentEvent[] {
  return Array.isArray(events);
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
