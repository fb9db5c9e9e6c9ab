import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Schema } from "../../storage/index.ts";

/** A row that stands among those that were logged, and is not: nobody but the log's own writer gives numbers. */
export interface UnloggedRow {
  readonly table: "events" | "audit_log";
  readonly seq: number;
}

const FOUND_MAX = 1_000;

/** Finds rows between logged ones, tile by tile: events are logged in the order of their numbers. */
export class UnloggedRows {
  readonly #kysely: Kysely<Schema>;
  /** the newest event that was seen in the log */
  #last: bigint;

  constructor(kysely: Kysely<Schema>, last = 0n) {
    this.#kysely = kysely;
    this.#last = last;
  }

  get last(): bigint {
    return this.#last;
  }

  /** @param refs what the leaves of the next tile stand for @returns events between those before it and its own newest */
  async beneath(refs: readonly bigint[]): Promise<UnloggedRow[]> {
    const logged = refs.filter((ref) => ref > this.#last);
    const newest = logged.reduce((most, ref) => (ref > most ? ref : most), this.#last);
    return newest === this.#last ? [] : this.#between(newest, logged);
  }

  /** @returns what is left: events up to the newest that the log says it holds, and acts with a place that is not theirs */
  async end(lastEventSeq: bigint, size: number): Promise<UnloggedRow[]> {
    const events = lastEventSeq > this.#last ? await this.#between(lastEventSeq, []) : [];
    const { rows } = await sql<{ seq: string }>`
      select seq from audit_log left join log_tiles as tile on tile.level = 0 and tile.index = leaf_index / 256
      where leaf_index < ${size}
        and substr(tile.refs, (leaf_index % 256)::int * 8 + 1, 8) is distinct from int8send(-seq)
      limit ${FOUND_MAX}`.execute(this.#kysely);
    return [...events, ...rows.map(({ seq }) => ({ table: "audit_log" as const, seq: Number(seq) }))];
  }

  async #between(newest: bigint, logged: readonly bigint[]): Promise<UnloggedRow[]> {
    const { rows } = await sql<{ seq: string }>`
      select seq from events where seq > ${String(this.#last)} and seq <= ${String(newest)}
        and seq <> all (${logged.map(String)}::bigint[]) limit ${FOUND_MAX}`.execute(this.#kysely);
    this.#last = newest;
    return rows.map(({ seq }) => ({ table: "events", seq: Number(seq) }));
  }
}
