import type { AgentEvent } from "@firebreak/protocol";

/** The events of one commit in the order of `seq`, kept as the bytes that were stored and parsed when they are read. */
export class StoredEvents implements Iterable<AgentEvent> {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly #bodies: Buffer;
  readonly #seqs: Seqs;
  /** what was parsed last, in case it is asked for again from a little further on */
  #page: { from: number; events: readonly AgentEvent[] } = { from: 0, events: [] };
  /** where that ended, so that reading on need not look for the place */
  #next = START;

  /**
   * @param bodies one line each, separated by line feeds
   * @param seqs of each line, or null when it was not stored; a number when all were stored under numbers without a gap
   *   from it on
   */
  constructor(bodies: Buffer, count: number, seqs: Seqs) {
    this.#bodies = bodies;
    this.#seqs = seqs;
    const stored = typeof seqs === "number" ? [seqs, seqs + count - 1] : seqs.filter((seq) => seq !== null);
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
    const first = this.#page.events.findIndex(({ seq }) => seq > position);
    return first <= 0 ? this.#page.events : this.#page.events.slice(first);
  }

  #parseAfter(position: number, limit: number): AgentEvent[] {
    const events: AgentEvent[] = [];
    let { line, offset, seq: passed } = this.#next.seq > position ? START : this.#next;
    for (; offset < this.#bodies.length && events.length < limit; line++) {
      const found = this.#bodies.indexOf(LINE_FEED, offset);
      const end = found < 0 ? this.#bodies.length : found;
      const seq = this.#seqOf(line);
      if (seq !== null) passed = seq;
      if (seq !== null && seq > position) events.push(readEvent(this.#bodies.toString("utf8", offset, end), seq));
      offset = end + 1;
    }
    this.#next = { line, offset, seq: passed };
    return events;
  }

  #seqOf(line: number): number | null {
    return typeof this.#seqs === "number" ? this.#seqs + line : (this.#seqs[line] ?? null);
  }
}

export type Seqs = number | readonly (number | null)[];

const START = { line: 0, offset: 0, seq: 0 };
const LINE_FEED = 0x0a;

/** The text was written from a checked event. */
function readEvent(body: string, seq: number): AgentEvent {
  const event = JSON.parse(body) as { -readonly [K in keyof AgentEvent]: AgentEvent[K] };
  event.seq = seq;
  return event;
}
