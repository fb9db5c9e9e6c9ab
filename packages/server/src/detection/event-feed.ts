import type { Database } from "../storage/index.ts";
import { readPageAfter } from "../telemetry/index.ts";
import type { EventPage, PageLimits, StoredEvents } from "../telemetry/index.ts";

/** Events of one commit, which follow `after` without a gap. */
interface Run {
  readonly after: number;
  readonly events: StoredEvents;
}

/** The stored events in order: from memory while the intake's batches follow without a gap, else from the table. */
export interface EventFeed {
  /** a batch the intake has just committed, or nothing: then somebody else may have stored something */
  push(events?: StoredEvents): void;
  /** @returns some events after `position`; nothing when there is none */
  next(position: number): Promise<EventPage | undefined>;
}

/** Judged in some ten milliseconds, so that a match waits for no more than that. */
const PAGE: PageLimits = { events: 200, bytes: 512 * 1024 };
/** Of the table at once: a question costs more than an event. */
const READ_EVENTS = 500;
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

  function takeKept(position: number): EventPage | undefined {
    const spent = runs.findIndex(({ events }) => events.last > position);
    const dropped = runs.splice(0, spent < 0 ? runs.length : spent);
    for (const { events } of dropped) kept -= events.count;
    const [run] = runs;
    if (run === undefined) return undefined;
    if (run.after > position) {
      mayHoldMore = true;
      return undefined;
    }
    return run.events.pageAfter(position, PAGE);
  }

  /** The table holds nothing more: what a kept batch seems to lack was never stored, or is dropped by retention. */
  function closeGap(position: number): EventPage | undefined {
    const [run, ...later] = runs;
    if (run === undefined || run.after <= position) return undefined;
    runs = [{ after: position, events: run.events }, ...later];
    return run.events.pageAfter(position, PAGE);
  }

  return {
    push,
    next: async (position) => {
      const known = takeKept(position);
      if (known !== undefined || !mayHoldMore) return known;
      mayHoldMore = false;
      try {
        const page = await readPageAfter({ database }, position, { events: READ_EVENTS });
        if (page === undefined) return closeGap(position);
        // A push during the read may mean rows that the read did not see: never clear the flag here.
        if (page.seqs.length === READ_EVENTS) mayHoldMore = true;
        return page;
      } catch (error) {
        mayHoldMore = true;
        throw error;
      }
    },
  };
}
