import { RowReader } from "../storage/index.ts";
import { packPage } from "./event-page.ts";
import type { EventPage } from "./event-page.ts";
import { countEvents, EVENT_COLUMNS } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";

/** How much is given out at once, at most; always one event. */
export interface PageLimits {
  readonly events: number;
  readonly bytes: number;
}

/** The events of one commit in the order of `seq`, kept as the bytes that were stored. */
export class StoredEvents {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly #batches: readonly PreparedBatch[];
  readonly #seqs: Seqs;
  /** where the last page ended, so that reading on need not look for the place */
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

  /** @returns events behind `position`, nothing when there is none */
  pageAfter(position: number, { events, bytes }: PageLimits): EventPage | undefined {
    if (this.#reading === undefined || this.#reading.passed > position) {
      this.#reading = { bodies: bodiesOf(this.#batches), place: 0, passed: 0 };
    }
    const reading = this.#reading;
    const seqs: number[] = [];
    const bodies: Uint8Array[] = [];
    for (let room = bytes; seqs.length < events && room > 0;) {
      const { value: body, done } = reading.bodies.next();
      if (done === true) break;
      const seq = this.#seqOf(reading.place);
      reading.place += 1;
      if (seq === null) continue;
      reading.passed = seq;
      if (seq <= position) continue;
      seqs.push(seq);
      bodies.push(body);
      room -= body.length;
    }
    return seqs.length === 0 ? undefined : packPage(seqs, bodies);
  }

  #seqOf(place: number): number | null {
    return typeof this.#seqs === "number" ? this.#seqs + place : (this.#seqs[place] ?? null);
  }
}

/** Per event in order its `seq`, null when it was not stored; or the first one, when all were stored without a gap. */
export type Seqs = number | readonly (number | null)[];

interface Reading {
  readonly bodies: Iterator<Uint8Array>;
  /** of the row that comes next among all */
  place: number;
  /** the last `seq` that was gone over */
  passed: number;
}

function* bodiesOf(batches: readonly PreparedBatch[]): Generator<Uint8Array> {
  for (const { rows } of batches) {
    const reader = new RowReader(rows);
    while (!reader.isAtEnd) {
      reader.beginRow();
      reader.skip(BODY_PLACE);
      yield reader.readBytes();
    }
  }
}

const BODY_PLACE = EVENT_COLUMNS.indexOf("body");
