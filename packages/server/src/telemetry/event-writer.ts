import type { AgentEvent } from "@firebreak/protocol";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { isTransientDatabaseError } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { createAgentsSeen, writeAgents } from "./agents-seen.ts";
import { findGates, writeGates } from "./gates-seen.ts";
import type { PreparedEvent } from "./prepare-event.ts";
import { keyOf, storeEvents } from "./store-events.ts";
import { sealRows } from "./store-originals.ts";
import type { SealOriginals } from "./store-originals.ts";

/** One call's events: they commit together. */
export interface Unit {
  readonly rows: readonly PreparedEvent[];
  readonly bytes: number;
  resolve(accepted: number): void;
  reject(error: unknown): void;
}

export interface WriterOptions {
  readonly database: Pick<Database, "kysely" | "pool">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStored: (events: AgentEvent[]) => void;
  /** encrypts what was taken out and is to be kept; without it nothing is kept */
  readonly sealOriginals?: SealOriginals | undefined;
}

/** The one writer of a node: what it commits first has the smaller `seq`. */
export class EventWriter {
  readonly #options: WriterOptions;
  readonly #agents = createAgentsSeen();
  #accepted = 0;
  #duplicates = 0;
  #commits = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get counts(): { accepted: number; duplicates: number; commits: number } {
    return { accepted: this.#accepted, duplicates: this.#duplicates, commits: this.#commits };
  }

  /** Stores the units in one commit and settles them. Never rejects. */
  async write(units: readonly Unit[]): Promise<void> {
    try {
      this.#settle(units, await this.#commit(units));
    } catch (error) {
      const isOneToBlame = units.length > 1 && !isTransientDatabaseError(error);
      // A fault in one caller's events must not cost the others theirs.
      if (isOneToBlame) for (const unit of units) await this.write([unit]);
      else this.#refuse(units, error);
    }
  }

  /** @returns per event of the units its `seq`, or null when it was stored before */
  async #commit(units: readonly Unit[]): Promise<(number | null)[]> {
    const { rows, positions } = mergeRepeats(units);
    const stale = this.#agents.findStale(rows, this.#options.clock.now());
    const { database, sealOriginals } = this.#options;
    if (stale.length > 0) {
      // Before their events: a crash in between leaves an agent without events, never events without their agent.
      await writeAgents(database.kysely, stale);
      this.#agents.remember(stale);
    }
    const gates = findGates(rows);
    if (gates.length > 0) await writeGates(database.kysely, gates);
    const sealed = sealOriginals === undefined ? [] : await sealRows(rows, sealOriginals);
    const seqs = await storeEvents(database.pool, rows, sealed);
    this.#commits += 1;
    this.#tellStored(rows, seqs);
    return positions.map((position) => (position === null ? null : (seqs[position] ?? null)));
  }

  #tellStored(rows: readonly PreparedEvent[], seqs: readonly (number | null)[]): void {
    const events: AgentEvent[] = [];
    for (const [index, { event }] of rows.entries()) {
      const seq = seqs[index];
      if (seq === null || seq === undefined) continue;
      event.seq = seq;
      events.push(event);
    }
    try {
      if (events.length > 0) this.#options.onStored(events);
    } catch (error) {
      this.#options.logger.error("a listener of stored events failed", { problem: messageOf(error) });
    }
  }

  #settle(units: readonly Unit[], seqs: readonly (number | null)[]): void {
    let start = 0;
    for (const unit of units) {
      const end = start + unit.rows.length;
      let accepted = 0;
      for (let i = start; i < end; i++) if (seqs[i] !== null) accepted += 1;
      this.#accepted += accepted;
      this.#duplicates += unit.rows.length - accepted;
      unit.resolve(accepted);
      start = end;
    }
  }

  #refuse(units: readonly Unit[], error: unknown): void {
    const { logger } = this.#options;
    logger.error("events could not be stored", { problem: messageOf(error), requests: units.length });
    const refusal = isTransientDatabaseError(error)
      ? new FirebreakError(
          "storage_unavailable",
          "The database takes no events at the moment; nothing of this request is acknowledged: send it again with the same ids.",
          { cause: error, retryAfterSeconds: 2 },
        )
      : new FirebreakError(
          "internal",
          "The events could not be stored; nothing of this request is acknowledged. The server's log says why.",
          { cause: error },
        );
    for (const unit of units) unit.reject(refusal);
  }
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
