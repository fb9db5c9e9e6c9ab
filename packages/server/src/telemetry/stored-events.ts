import type { AgentEvent } from "@firebreak/protocol";
import { RowReader } from "../storage/index.ts";
import { countEvents, EVENT_COLUMNS } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";

/** The events of one commit in the order of `seq`, kept as the bytes that were stored and parsed when they are read. */
export class StoredEvents implements Iterable<AgentEvent> {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly #batches: readonly PreparedBatch[];
  readonly #seqs: Seqs;
  /** what was parsed last, in case it is asked for again from a little further on */
  #page: { from: number; events: readonly AgentEvent[] } = { from: 0, events: [] };
  /** where that ended, so that reading on need not look for the place */
  #reading: Reading | undefined;

  constructor(batches: readonly PreparedBatch[], seqs: Seqs) {
    const count = countEvents(batches);
    const stored = typeof seqs === "number" ? [seqs, seqs + count - 1] : seqs.filter((seq) => seq !== null);
    this.#batches = batches;
    this.#seqs = seqs;
    this.first = stored[0] ?? 0;
    this.last = stored.at(-1) ?? 0;
    this.count = typeof seqs === "number" ? count : stored.length;
  }

  [Symbol.iterator](): Iterator<AgentEvent> {
    return this.after(0, this.count)[Symbol.iterator]();
  }

  /** @returns events behind `position`, at most `limit`, at least one unless there is none */
  after(position: number, limit: number): readonly AgentEvent[] {
    const { from, events } = this.#page;
    const isOnPage = position >= from && position < (events.at(-1)?.seq ?? 0);
    if (!isOnPage) this.#page = { from: position, events: this.#parseAfter(position, limit) };
    const start = this.#page.events.findIndex(({ seq }) => seq > position);
    return start < 0 ? [] : this.#page.events.slice(start, start + limit);
  }

  #parseAfter(position: number, limit: number): AgentEvent[] {
    if (this.#reading === undefined || this.#reading.passed > position) {
      this.#reading = { bodies: bodiesOf(this.#batches), place: 0, passed: 0 };
    }
    const reading = this.#reading;
    const events: AgentEvent[] = [];
    while (events.length < limit) {
      const { value: body, done } = reading.bodies.next();
      if (done === true) break;
      const seq = this.#seqOf(reading.place);
      reading.place += 1;
      if (seq === null) continue;
      reading.passed = seq;
      if (seq > position) events.push(readEvent(body, seq));
    }
    return events;
  }

  #seqOf(place: number): number | null {
    return typeof this.#seqs === "number" ? this.#seqs + place : (this.#seqs[place] ?? null);
  }
}

/** Per event in order its `seq`, null when it was not stored; or the first one, when all were stored without a gap. */
export type Seqs = number | readonly (number | null)[];

interface Reading {
  readonly bodies: Iterator<string>;
  /** of the row that comes next among all */
  place: number;
  /** the last `seq` that was gone over */
  passed: number;
}

function* bodiesOf(batches: readonly PreparedBatch[]): Generator<string> {
  for (const { rows } of batches) {
    const reader = new RowReader(rows);
    while (!reader.isAtEnd) {
      reader.beginRow();
      reader.skip(BODY_PLACE);
      yield reader.readText() ?? "";
    }
  }
}

const BODY_PLACE = EVENT_COLUMNS.indexOf("body");

/** The text was written from a checked event. */
function readEvent(body: string, seq: number): AgentEvent {
  const event = JSON.parse(body) as { -readonly [K in keyof AgentEvent]: AgentEvent[K] };
  event.seq = seq;
  return event;
}
