import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { AgentEvent, IntakeReceipt } from "@firebreak/protocol";
import { FirebreakError, messageOf, toIso } from "../kernel/index.ts";
import type { Clock, Logger, NewId } from "../kernel/index.ts";
import { isTransientDatabaseError } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { createAgentsSeen, writeAgents } from "./agents-seen.ts";
import { REJECTED_TOLD_MAX } from "./parse-batch.ts";
import type { ParsedBatch } from "./parse-batch.ts";
import { explainForeignAgent, prepareEvent } from "./prepare-event.ts";
import type { EventSender, PreparedEvent } from "./prepare-event.ts";
import { keyOf, storeEvents } from "./store-events.ts";

export interface IntakeOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  /** told of every stored event after its commit, in the order of `seq` */
  readonly onStored: (events: AgentEvent[]) => void;
  readonly limits?: Partial<IntakeLimits>;
}

/** What may wait for the database at once, and how much goes into one commit. */
export interface IntakeLimits {
  readonly queuedEventsMax: number;
  readonly queuedBytesMax: number;
  readonly eventsPerCommit: number;
  readonly bytesPerCommit: number;
}

const DEFAULT_LIMITS: IntakeLimits = {
  queuedEventsMax: 60_000,
  queuedBytesMax: 64 * 1024 * 1024,
  eventsPerCommit: 2_000,
  bytesPerCommit: 8 * 1024 * 1024,
};

export interface IntakeStats {
  readonly queuedEvents: number;
  readonly queuedBytes: number;
  readonly accepted: number;
  readonly duplicates: number;
  /** requests turned away because the queue was full */
  readonly turnedAway: number;
  readonly commits: number;
}

export interface Intake {
  /**
   * Stores what was parsed; resolves after the commit. Concurrent calls share one transaction.
   *
   * @throws FirebreakError too_many_requests (queue full: try again), storage_unavailable (nothing of this batch is
   *   acknowledged; sending it again with the same ids counts nothing twice), shutting_down
   */
  accept(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt>;
  stats(): IntakeStats;
  /** Takes no more; resolves when everything accepted so far is committed or refused. */
  close(): Promise<void>;
}

/** One call's events: they commit together. */
interface Unit {
  readonly rows: readonly PreparedEvent[];
  readonly bytes: number;
  resolve(accepted: number): void;
  reject(error: unknown): void;
}

/** Prepared between two looks at the event loop: about two milliseconds. */
const EVENTS_PER_TURN = 200;

export function createIntake(options: IntakeOptions): Intake {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const queue: Unit[] = [];
  const counts = { queuedEvents: 0, queuedBytes: 0, accepted: 0, duplicates: 0, turnedAway: 0, commits: 0 };
  const writer = createWriter(options, counts);
  let writing: Promise<void> | undefined;
  let closing = false;
  let preparing = 0;
  const idle = createIdle();

  async function writeAll(): Promise<void> {
    for (;;) {
      const units = takeUnits(queue, limits);
      if (units.length === 0) break;
      await writer.write(units);
      for (const unit of units) release(unit.rows.length, unit.bytes);
    }
    writing = undefined;
    idle.check(preparing === 0);
  }

  function release(events: number, bytes: number): void {
    counts.queuedEvents -= events;
    counts.queuedBytes -= bytes;
  }

  function reserve(events: number, bytes: number): void {
    const fits =
      counts.queuedEvents + events <= limits.queuedEventsMax && counts.queuedBytes + bytes <= limits.queuedBytesMax;
    if (!fits) {
      counts.turnedAway += 1;
      throw new FirebreakError(
        "too_many_requests",
        `${counts.queuedEvents} events wait for the database already; nothing of this request was taken: send it again in a second.`,
      );
    }
    counts.queuedEvents += events;
    counts.queuedBytes += bytes;
  }

  function enqueue(rows: readonly PreparedEvent[], bytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      queue.push({ rows, bytes, resolve, reject });
      writing ??= writeAll();
    });
  }

  async function store(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt> {
    const allowed = refuseForeign(batch, sender);
    if (allowed.events.length === 0) return toReceipt(allowed, 0);
    reserve(allowed.events.length, 0);
    let rows: PreparedEvent[];
    let bytes: number;
    try {
      rows = await prepareAll(allowed, sender, options);
      bytes = rows.reduce((sum, row) => sum + row.body.length, 0);
      reserve(0, bytes);
    } catch (error) {
      release(allowed.events.length, 0);
      throw error;
    }
    return toReceipt(allowed, await enqueue(rows, bytes));
  }

  return {
    accept: async (batch, sender) => {
      if (closing)
        throw new FirebreakError("shutting_down", "Firebreak is stopping; send the events again in a moment.");
      preparing += 1;
      try {
        return await store(batch, sender);
      } finally {
        preparing -= 1;
        idle.check(preparing === 0 && writing === undefined);
      }
    },
    stats: () => ({ ...counts }),
    close: async () => {
      closing = true;
      if (preparing > 0 || writing !== undefined) await idle.wait();
    },
  };
}

/** Lets `close` wait until nothing is under way. */
function createIdle(): { check(isIdle: boolean): void; wait(): Promise<void> } {
  let waiters: (() => void)[] = [];
  return {
    check: (isIdle) => {
      if (!isIdle) return;
      for (const wake of waiters) wake();
      waiters = [];
    },
    wait: () => new Promise((resolve) => waiters.push(resolve)),
  };
}

/** At least one unit; more while they fit into one commit. */
function takeUnits(queue: Unit[], limits: IntakeLimits): Unit[] {
  let events = 0;
  let bytes = 0;
  let taken = 0;
  for (const unit of queue) {
    events += unit.rows.length;
    bytes += unit.bytes;
    if (taken > 0 && (events > limits.eventsPerCommit || bytes > limits.bytesPerCommit)) break;
    taken += 1;
  }
  return queue.splice(0, taken);
}

function refuseForeign(batch: ParsedBatch, sender: EventSender): ParsedBatch {
  if (sender.agentId === undefined) return batch;
  const events: ParsedBatch["events"][number][] = [];
  const rejected = [...batch.rejected];
  let { rejectedTotal } = batch;
  for (const item of batch.events) {
    const refusal = explainForeignAgent(item.event.agent, sender);
    if (refusal === null) {
      events.push(item);
      continue;
    }
    rejectedTotal += 1;
    if (rejected.length < REJECTED_TOLD_MAX) rejected.push({ line: item.line, message: refusal });
  }
  return { events, rejected: rejected.toSorted((a, b) => a.line - b.line), rejectedTotal };
}

function toReceipt(batch: ParsedBatch, accepted: number): IntakeReceipt {
  const { events, rejected, rejectedTotal } = batch;
  return { accepted, duplicates: events.length - accepted, rejected: [...rejected], rejectedTotal };
}

async function prepareAll(batch: ParsedBatch, sender: EventSender, options: IntakeOptions): Promise<PreparedEvent[]> {
  const receivedTime = toIso(options.clock.now());
  const context = { sender, receivedTime, makeId: () => options.newId("event") };
  const rows: PreparedEvent[] = [];
  for (const { event } of batch.events) {
    rows.push(prepareEvent(event, context));
    if (rows.length % EVENTS_PER_TURN === 0) await yieldToLoop();
  }
  return rows;
}

interface Counts {
  accepted: number;
  duplicates: number;
  commits: number;
}

/** The one writer of a node: what it commits first has the smaller `seq`. */
function createWriter(options: IntakeOptions, counts: Counts): { write(units: readonly Unit[]): Promise<void> } {
  const { database, clock, logger, onStored } = options;
  const agents = createAgentsSeen();

  async function commit(units: readonly Unit[]): Promise<(number | null)[]> {
    const { rows, positions } = mergeRepeats(units);
    const stale = agents.findStale(rows, clock.now());
    const seqs = await database.kysely.transaction().execute(async (trx) => {
      const stored = await storeEvents(trx, rows);
      await writeAgents(trx, stale);
      return stored;
    });
    agents.remember(stale);
    counts.commits += 1;
    tellStored(rows, seqs);
    return positions.map((position) => (position === null ? null : (seqs[position] ?? null)));
  }

  function tellStored(rows: readonly PreparedEvent[], seqs: readonly (number | null)[]): void {
    const events: AgentEvent[] = [];
    for (const [index, { event }] of rows.entries()) {
      const seq = seqs[index];
      if (seq !== null && seq !== undefined) events.push({ seq, ...event });
    }
    try {
      if (events.length > 0) onStored(events);
    } catch (error) {
      logger.error("a listener of stored events failed", { problem: messageOf(error) });
    }
  }

  async function write(units: readonly Unit[]): Promise<void> {
    try {
      settle(units, await commit(units), counts);
    } catch (error) {
      const isOneToBlame = units.length > 1 && !isTransientDatabaseError(error);
      // A fault in one caller's events must not cost the others theirs.
      if (isOneToBlame) for (const unit of units) await write([unit]);
      else refuse(units, error, logger);
    }
  }
  return { write };
}

/** Two events of one id and time within a commit are one event. */
function mergeRepeats(units: readonly Unit[]): { rows: PreparedEvent[]; positions: (number | null)[] } {
  const rows: PreparedEvent[] = [];
  const positions: (number | null)[] = [];
  const seen = new Set<string>();
  for (const unit of units) {
    for (const row of unit.rows) {
      const key = row.isIdMade ? null : keyOf(row.event.id, row.event.time);
      const isRepeat = key !== null && seen.has(key);
      if (key !== null) seen.add(key);
      positions.push(isRepeat ? null : rows.length);
      if (!isRepeat) rows.push(row);
    }
  }
  return { rows, positions };
}

function settle(units: readonly Unit[], seqs: readonly (number | null)[], counts: Counts): void {
  let start = 0;
  for (const unit of units) {
    const end = start + unit.rows.length;
    let accepted = 0;
    for (let i = start; i < end; i++) if (seqs[i] !== null) accepted += 1;
    counts.accepted += accepted;
    counts.duplicates += unit.rows.length - accepted;
    unit.resolve(accepted);
    start = end;
  }
}

function refuse(units: readonly Unit[], error: unknown, logger: Logger): void {
  logger.error("events could not be stored", { problem: messageOf(error), requests: units.length });
  const isTransient = isTransientDatabaseError(error);
  const refusal = new FirebreakError(
    isTransient ? "storage_unavailable" : "internal",
    isTransient
      ? "The database does not take events at the moment; nothing of this request is acknowledged: send it again with the same ids."
      : "The events could not be stored; nothing of this request is acknowledged. The server's log says why.",
    { cause: error },
  );
  for (const unit of units) unit.reject(refusal);
}
