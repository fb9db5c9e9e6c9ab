import type { Writable } from "node:stream";
import type { EventFilters } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../../kernel/index.ts";
import { readStoredEvent, toView } from "../read-events.ts";
import { readSearch, toConditions } from "./conditions.ts";
import type { Search } from "./conditions.ts";
import type { SearchContext } from "./search-transaction.ts";

const LOOK_EVERY_MS = 500;
const HEARTBEAT_MS = 15_000;
const EVENTS_AT_ONCE = 2_000;
/** Who is further behind is told of a gap: nobody reads so much as it goes by. */
const BEHIND_MAX = 20_000;
const FOLLOWERS_MAX = 50;
let followers = 0;

type Follow = (stream: Writable, isStillAllowed: () => Promise<boolean>) => void;

/**
 * Events that are committed from now on, in that order, as server-sent events: `event` with its `seq` as id, and `gap`
 * with the number of events that were left out because they came too fast.
 *
 * @throws FirebreakError bad_request for filters that cannot be read, too_many_requests
 */
export async function followEvents(ctx: SearchContext, filters: EventFilters): Promise<Follow> {
  const search = readSearch(filters);
  if (followers >= FOLLOWERS_MAX) {
    throw new FirebreakError("too_many_requests", `${FOLLOWERS_MAX} streams of events are open, which is the limit.`, {
      retryAfterSeconds: 30,
    });
  }
  const start = await readNewest(ctx);
  return (stream, isStillAllowed) => void new Follower(ctx, search, stream, isStillAllowed).run(start);
}

async function readNewest({ database }: SearchContext): Promise<number> {
  const { rows } = await sql<{ seq: string | null }>`select max(seq) as seq from events`.execute(database.kysely);
  return Number(rows[0]?.seq ?? 0);
}

class Follower {
  readonly #ctx: SearchContext;
  readonly #search: Search;
  readonly #stream: Writable;
  readonly #isStillAllowed: () => Promise<boolean>;
  #isOpen = true;
  #wake: () => void = () => {};

  constructor(ctx: SearchContext, search: Search, stream: Writable, isStillAllowed: () => Promise<boolean>) {
    this.#ctx = ctx;
    this.#search = search;
    this.#stream = stream;
    this.#isStillAllowed = isStillAllowed;
  }

  async run(start: number): Promise<void> {
    followers += 1;
    const end = () => {
      this.#isOpen = false;
      this.#wake();
    };
    this.#stream.on("close", end);
    this.#stream.on("error", end);
    this.#stream.write("retry: 2000\n\n");
    try {
      await this.#follow(start);
    } catch {
      // the database is away: who follows connects again, and is told then what is wrong
      this.#stream.end();
    } finally {
      followers -= 1;
    }
  }

  async #follow(start: number): Promise<void> {
    const { clock } = this.#ctx;
    let last = start;
    let beatMs = clock.monotonicMs();
    while (this.#isOpen) {
      last = await this.#tellAfter(last);
      await this.#pause();
      if (!this.#isOpen || clock.monotonicMs() - beatMs < HEARTBEAT_MS) continue;
      beatMs = clock.monotonicMs();
      if (!(await this.#isStillAllowed())) return void this.#stream.end();
      this.#stream.write(": heartbeat\n\n");
    }
  }

  async #tellAfter(last: number): Promise<number> {
    const newest = await readNewest(this.#ctx);
    if (newest <= last) return last;
    const from = Math.max(last, newest - BEHIND_MAX);
    if (from > last) this.#stream.write(`event: gap\ndata: ${JSON.stringify({ events: from - last })}\n\n`);
    const conditions = toConditions(this.#search);
    const fits = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
    const { rows } = await sql<{ seq: string; body: string | null }>`
      select seq, case when ${fits} then body end as body
      from (select * from events where seq > ${from}::bigint order by seq limit ${EVENTS_AT_ONCE}) as events
      order by seq`.execute(this.#ctx.database.kysely);
    for (const { seq, body } of rows) {
      if (body === null || !this.#isOpen) continue;
      const event = toView(readStoredEvent({ seq, body }));
      const mayGoOn = this.#stream.write(`id: ${seq}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`);
      if (!mayGoOn) await this.#drained();
    }
    return Number(rows.at(-1)?.seq ?? from);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#stream.once("drain", resolve);
    });
  }
}
