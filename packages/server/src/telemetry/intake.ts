import { setImmediate as yieldToLoop } from "node:timers/promises";
import type { IntakeReceipt } from "@firebreak/protocol";
import { DEFAULT_REDACTION, FirebreakError, messageOf, toIso } from "../kernel/index.ts";
import type { NewId } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Redactor } from "../redaction/index.ts";
import { EventWriter } from "./event-writer.ts";
import type { Unit, UnitReceipt, WriterOptions } from "./event-writer.ts";
import { readEventBatch, REJECTED_TOLD_MAX } from "./parse-batch.ts";
import type { ParsedBatch, RawEvents, Refusals, TakeEvent } from "./parse-batch.ts";
import { explainForeignAgent } from "./prepare-event.ts";
import type { EventSender, MatchIndicators } from "./prepare-event.ts";
import { BatchMaker } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";
import { RedactionNotices } from "./redaction-notices.ts";

/** `onStored` is told of every stored event after its commit, in the order of `seq`. */
export interface IntakeOptions extends WriterOptions {
  readonly newId: NewId;
  /** what nothing passes without; by default it takes out what a profile that says nothing takes out */
  readonly redactor?: Redactor;
  /** @returns the indicators of compromise in an event as it came, before anything is taken out of it */
  readonly matchIndicators?: MatchIndicators;
  /**
   * asked before each commit, which waits until it resolves, or not at all when it is nothing; what comes meanwhile waits in
   * the queue, or is turned away
   */
  readonly keepPace?: () => Promise<void> | undefined;
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
  /**
   * The same for a request's body, whose events are read, prepared and let go one after the other.
   *
   * @throws FirebreakError also payload_too_large, unsupported_media_type
   */
  acceptBody(body: RawEvents, sender: EventSender): Promise<IntakeReceipt>;
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

/** A row is longer than the event in the request: it has the time of receipt, and the columns beside the body. */
const ROW_GROWTH = 1.4;
const ROW_BYTES_EXPECTED = 1400;
/** Prepared between two looks at the event loop: about two milliseconds. */
const EVENTS_PER_TURN = 200;

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
    this.#writer = new EventWriter(options);
  }

  accept(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt> {
    return this.#whileOpen(() => this.#store(batch, sender));
  }

  acceptBody({ body, contentType }: RawEvents, sender: EventSender): Promise<IntakeReceipt> {
    return this.#whileOpen(() => {
      const { clock } = this.#options;
      const read = (take: TakeEvent) => readEventBatch({ body, contentType }, clock.now(), take);
      return this.#prepareAndStore(read, sender, body.length * ROW_GROWTH);
    });
  }

  async #whileOpen(store: () => Promise<IntakeReceipt>): Promise<IntakeReceipt> {
    if (this.#isClosing) {
      throw new FirebreakError("shutting_down", "Firebreak is stopping; send the events again in a moment.", {
        retryAfterSeconds: 5,
      });
    }
    this.#open += 1;
    try {
      return await store();
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

  #store(batch: ParsedBatch, sender: EventSender): Promise<IntakeReceipt> {
    const { events } = batch;
    const read = async (take: TakeEvent) => {
      for (const [index, { line, event }] of events.entries()) {
        take(line, event);
        if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await yieldToLoop();
      }
      return batch;
    };
    return this.#prepareAndStore(read, sender, events.length * ROW_BYTES_EXPECTED);
  }

  async #prepareAndStore(read: ReadEvents, sender: EventSender, bytesExpected: number): Promise<IntakeReceipt> {
    this.#requireRoom(0, 0);
    const maker = new BatchMaker(this.#contextFor(sender), bytesExpected);
    const foreign: Refusal[] = [];
    const refusals = await read((line, event) => {
      const refusal = explainForeignAgent(event.agent, sender);
      if (refusal === null) maker.add(event);
      else foreign.push({ line, message: refusal });
    });
    const batch = maker.finish();
    const accepted = batch.count === 0 ? 0 : await this.#enqueue(batch, sender);
    return toReceipt(batch.count, accepted, addRefusals(refusals, foreign));
  }

  async #enqueue(batch: PreparedBatch, sender: EventSender): Promise<number> {
    const events = batch.count;
    const bytes = batch.rows.length;
    this.#requireRoom(events, bytes);
    this.#queuedEvents += events;
    this.#queuedBytes += bytes;
    try {
      const { accepted, redactions } = await new Promise<UnitReceipt>((resolve, reject) => {
        this.#queue.push({ batch, resolve, reject });
        if (!this.#isWriting) void this.#writeAll();
      });
      // a notice is never told of itself
      if (sender !== OWN_SENDER) this.#notices.note(redactions);
      return accepted;
    } finally {
      this.#queuedEvents -= events;
      this.#queuedBytes -= bytes;
    }
  }

  #requireRoom(events: number, bytes: number): void {
    const { queuedEventsMax, queuedBytesMax } = this.#limits;
    const fits = this.#queuedEvents + events <= queuedEventsMax && this.#queuedBytes + bytes <= queuedBytesMax;
    if (fits) return;
    this.#turnedAway += 1;
    throw new FirebreakError(
      "too_many_requests",
      `${this.#queuedEvents} events wait for the database already; nothing of this request was taken: send it again in a second.`,
      { retryAfterSeconds: 1 },
    );
  }

  #contextFor(sender: EventSender) {
    const { clock, matchIndicators = matchNothing, newId, redactor = DEFAULT_REDACTOR } = this.#options;
    const makeId = () => newId("event");
    return { sender, receivedTime: toIso(clock.now()), makeId, redactor, matchIndicators };
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    let settle = () => {};
    while (this.#queue.length > 0) {
      const pause = this.#options.keepPace?.();
      if (pause !== undefined) {
        settle();
        settle = () => {};
        await pause;
      }
      const writing = this.#writer.write(takeUnits(this.#queue, this.#limits));
      // whoever waited for the last commit is answered while the database is at the next
      settle();
      settle = await writing;
    }
    settle();
    this.#writer.rest();
    this.#isWriting = false;
  }
}

/** At least one unit; more while they fit into one commit. */
function takeUnits(queue: Unit[], limits: IntakeLimits): Unit[] {
  let events = 0;
  let bytes = 0;
  let taken = 0;
  for (const unit of queue) {
    events += unit.batch.count;
    bytes += unit.batch.rows.length;
    if (taken > 0 && (events > limits.eventsPerCommit || bytes > limits.bytesPerCommit)) break;
    taken += 1;
  }
  return queue.splice(0, taken);
}

type Refusal = Refusals["rejected"][number];
type ReadEvents = (take: TakeEvent) => Promise<Refusals>;

function addRefusals({ rejected, rejectedTotal }: Refusals, more: readonly Refusal[]): Refusals {
  const all = [...rejected, ...more].toSorted((a, b) => a.line - b.line);
  return { rejected: all.slice(0, REJECTED_TOLD_MAX), rejectedTotal: rejectedTotal + more.length };
}

function toReceipt(events: number, accepted: number, { rejected, rejectedTotal }: Refusals): IntakeReceipt {
  return { accepted, duplicates: events - accepted, rejected: [...rejected], rejectedTotal };
}
