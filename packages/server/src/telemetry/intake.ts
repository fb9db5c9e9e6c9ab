import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { AgentEvent, IntakeReceipt } from "@firebreak/protocol";
import { DEFAULT_REDACTION, FirebreakError, messageOf, toIso } from "../kernel/index.ts";
import type { NewId } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { EventWriter } from "./event-writer.ts";
import type { Unit, WriterOptions } from "./event-writer.ts";
import { LineBuffer } from "./line-buffer.ts";
import { REJECTED_TOLD_MAX } from "./parse-batch.ts";
import type { ParsedBatch } from "./parse-batch.ts";
import { explainForeignAgent, prepareEvent } from "./prepare-event.ts";
import { RedactionNotices } from "./redaction-notices.ts";
import type { EventSender, MatchIndicators, PreparedEvent } from "./prepare-event.ts";

/** `onStored` is told of every stored event after its commit, in the order of `seq`. */
export interface IntakeOptions extends WriterOptions {
  readonly newId: NewId;
  /** what nothing passes without; by default it takes out what a profile that says nothing takes out */
  readonly redactor?: Redactor;
  /** @returns the indicators of compromise in an event as it came, before anything is taken out of it */
  readonly matchIndicators?: MatchIndicators;
  /** asked before each commit, which waits until it resolves; what comes meanwhile waits in the queue, or is turned away */
  readonly keepPace?: () => Promise<void>;
  readonly limits?: Partial<IntakeLimits>;
}

const matchNothing: MatchIndicators = () => [];
const DEFAULT_REDACTOR = createRedactor(DEFAULT_REDACTION);

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
  /** Stores an event for each agent and run of which something was taken out since the last time. */
  tellRedactions(): Promise<void>;
  stats(): IntakeStats;
  /** Takes no more; resolves when everything accepted so far is committed or refused. */
  close(): Promise<void>;
}

export function createIntake(options: IntakeOptions): Intake {
  return new GroupCommitIntake(options);
}

/** Who tells of redactions. */
const OWN_SENDER: EventSender = { name: "firebreak" };
const BODY_BYTES_EXPECTED = 1200;

/** Prepared between two looks at the event loop: about two milliseconds. */
const EVENTS_PER_TURN = 200;
const BYTES_PER_TURN = 256 * 1024;

class GroupCommitIntake implements Intake {
  readonly #options: IntakeOptions;
  readonly #limits: IntakeLimits;
  readonly #writer: EventWriter;
  readonly #notices: RedactionNotices;
  readonly #queue: Unit[] = [];
  #queuedEvents = 0;
  #queuedBytes = 0;
  #turnedAway = 0;
  #isWriting = false;
  /** calls of `accept` that have not ended */
  #open = 0;
  #isClosing = false;
  #closers: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#notices = new RedactionNotices(options.redactor ?? DEFAULT_REDACTOR);
    const onStored = (events: AgentEvent[]) => {
      this.#notices.note(events);
      options.onStored(events);
    };
    this.#writer = new EventWriter({ ...options, onStored });
  }

  async accept(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt> {
    if (this.#isClosing) {
      throw new FirebreakError("shutting_down", "Firebreak is stopping; send the events again in a moment.", {
        retryAfterSeconds: 5,
      });
    }
    this.#open += 1;
    try {
      return await this.#store(refuseForeign(batch, sender), sender);
    } finally {
      this.#open -= 1;
      if (this.#open === 0) for (const tell of this.#closers.splice(0)) tell();
    }
  }

  async tellRedactions(): Promise<void> {
    const events = this.#notices.take(toIso(this.#options.clock.now()));
    const batch = { events: events.map((event) => ({ line: 1, event })), rejected: [], rejectedTotal: 0 };
    await this.#store(batch, OWN_SENDER);
  }

  stats(): IntakeStats {
    const queued = { queuedEvents: this.#queuedEvents, queuedBytes: this.#queuedBytes };
    return { ...queued, ...this.#writer.counts, turnedAway: this.#turnedAway };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#open > 0) await new Promise<void>((resolve) => this.#closers.push(resolve));
    await this.#tellLast();
  }

  /** At the end what was taken out is told too; when that fails, the events themselves say it. */
  async #tellLast(): Promise<void> {
    try {
      await this.tellRedactions();
    } catch (fault) {
      this.#options.logger.warn("what was redacted last is not told of", { problem: messageOf(fault) });
    }
  }

  async #store(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt> {
    const events = batch.events.length;
    if (events === 0) return toReceipt(batch, 0);
    let bytes = 0;
    this.#reserve(events, 0);
    try {
      const rows = await prepareAll(batch, sender, this.#options);
      if (sender === OWN_SENDER) for (const { event } of rows) this.#notices.disregard(event);
      const bodyBytes = rows.at(-1)?.body.end ?? 0;
      this.#reserve(0, bodyBytes);
      bytes = bodyBytes;
      return toReceipt(batch, await this.#enqueue(rows, bytes));
    } finally {
      this.#queuedEvents -= events;
      this.#queuedBytes -= bytes;
    }
  }

  #reserve(events: number, bytes: number): void {
    const { queuedEventsMax, queuedBytesMax } = this.#limits;
    if (this.#queuedEvents + events > queuedEventsMax || this.#queuedBytes + bytes > queuedBytesMax) {
      this.#turnedAway += 1;
      throw new FirebreakError(
        "too_many_requests",
        `${this.#queuedEvents} events wait for the database already; nothing of this request was taken: send it again in a second.`,
        { retryAfterSeconds: 1 },
      );
    }
    this.#queuedEvents += events;
    this.#queuedBytes += bytes;
  }

  #enqueue(rows: readonly PreparedEvent[], bytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, bytes, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      await this.#options.keepPace?.();
      await this.#writer.write(takeUnits(this.#queue, this.#limits));
    }
    this.#isWriting = false;
  }
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
  const lines = new LineBuffer(batch.events.length * BODY_BYTES_EXPECTED);
  const context = {
    sender,
    receivedTime,
    makeId: () => options.newId("event"),
    lines,
    redactor: options.redactor ?? DEFAULT_REDACTOR,
    matchIndicators: options.matchIndicators ?? matchNothing,
  };
  const rows: PreparedEvent[] = [];
  let turn = { rows: 0, bytes: 0 };
  for (const { event } of batch.events) {
    rows.push(prepareEvent(event, context));
    if (rows.length - turn.rows < EVENTS_PER_TURN && lines.length - turn.bytes < BYTES_PER_TURN) continue;
    await yieldToLoop();
    turn = { rows: rows.length, bytes: lines.length };
  }
  return rows;
}
