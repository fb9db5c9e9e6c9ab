import { FirebreakError, messageOf } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { isConnectionFault, isTransientDatabaseError } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import type pg from "pg";
import { createAgentsSeen, writeAgents } from "./agents-seen.ts";
import { writeGates } from "./gates-seen.ts";
import type { PreparedBatch, Redaction } from "./prepared-batch.ts";
import { copyEvents, insertEvents } from "./store-events.ts";
import { sealOnce } from "./store-originals.ts";
import type { SealedOriginals, SealOriginals } from "./store-originals.ts";
import { StoredEvents } from "./stored-events.ts";
import type { Seqs } from "./stored-events.ts";

/** One call's events: they commit together. */
export interface Unit {
  readonly batch: PreparedBatch;
  resolve(receipt: UnitReceipt): void;
  reject(error: unknown): void;
}

export interface UnitReceipt {
  readonly accepted: number;
  /** of the events that were accepted */
  readonly redactions: readonly Redaction[];
}

export interface WriterOptions {
  readonly database: Pick<Database, "kysely" | "pool">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onStored: (events: StoredEvents) => void;
  /** encrypts what was taken out and is to be kept; without it nothing is kept */
  readonly sealOriginals?: SealOriginals | undefined;
}

/** Where a repeat came, more are likely, and a copy that fails leaves dead rows behind. */
const REPEATS_EXPECTED_MS = 10_000;

/** The one writer of a node: what it commits first has the smaller `seq`. */
export class EventWriter {
  readonly #options: WriterOptions;
  readonly #agents = createAgentsSeen();
  #accepted = 0;
  #duplicates = 0;
  #commits = 0;
  #repeatsUntilMs = Number.NEGATIVE_INFINITY;
  /** kept from one commit to the next while more waits: to ask the pool for one would let the answers of the last go first */
  #client: pg.PoolClient | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get counts(): { accepted: number; duplicates: number; commits: number } {
    return { accepted: this.#accepted, duplicates: this.#duplicates, commits: this.#commits };
  }

  /** Stores the units in one commit. Never rejects. @returns what settles them */
  async write(units: readonly Unit[]): Promise<() => void> {
    try {
      const seqs = await this.#commit(units.map(({ batch }) => batch));
      return () => this.#settle(units, seqs);
    } catch (error) {
      const isOneToBlame = units.length > 1 && !isTransientDatabaseError(error);
      if (!isOneToBlame) return () => this.#refuse(units, error);
      // A fault in one caller's events must not cost the others theirs.
      const settlers: (() => void)[] = [];
      for (const unit of units) settlers.push(await this.write([unit]));
      return () => settlers.forEach((settle) => settle());
    }
  }

  /** Gives back its connection, as nothing waits. */
  rest(): void {
    this.#release(false);
  }

  #release(isBroken: boolean): void {
    this.#client?.release(isBroken);
    this.#client = undefined;
  }

  async #commit(batches: readonly PreparedBatch[]): Promise<Seqs> {
    const { database, sealOriginals } = this.#options;
    const packs = batches.flatMap((batch) => [...batch.packs]);
    const stale = this.#agents.findStale(packs, this.#options.clock.now());
    if (stale.length > 0) {
      // Before their events: a crash in between leaves an agent without events, never events without their agent.
      await writeAgents(database.kysely, stale);
      this.#agents.remember(stale);
    }
    const gates = batches.flatMap((batch) => batch.gates);
    if (gates.length > 0) await writeGates(database.kysely, gates);
    const originals = batches.flatMap((batch) => batch.originals);
    const sealed = sealOriginals === undefined ? [] : await sealOnce(originals, sealOriginals);
    const seqs = await this.#append(batches, sealed);
    this.#commits += 1;
    this.#tellStored(new StoredEvents(batches, seqs));
    return seqs;
  }

  async #append(batches: readonly PreparedBatch[], sealed: readonly SealedOriginals[]): Promise<Seqs> {
    const { clock, database } = this.#options;
    if (sealed.length === 0 && clock.monotonicMs() >= this.#repeatsUntilMs) {
      const first = await this.#copy(batches);
      if (first !== null) return first;
      this.#repeatsUntilMs = clock.monotonicMs() + REPEATS_EXPECTED_MS;
    }
    return insertEvents(database.pool, batches, sealed);
  }

  async #copy(batches: readonly PreparedBatch[]): Promise<number | null> {
    this.#client ??= await this.#options.database.pool.connect();
    try {
      return await copyEvents(this.#client, batches);
    } catch (error) {
      this.#release(isConnectionFault(error));
      throw error;
    }
  }

  #tellStored(events: StoredEvents): void {
    try {
      if (events.count > 0) this.#options.onStored(events);
    } catch (error) {
      this.#options.logger.error("a listener of stored events failed", { problem: messageOf(error) });
    }
  }

  #settle(units: readonly Unit[], seqs: Seqs): void {
    let start = 0;
    for (const unit of units) {
      const { count, redactions } = unit.batch;
      const isStored = (index: number) => typeof seqs === "number" || seqs[start + index] !== null;
      const accepted =
        typeof seqs === "number" ? count : seqs.slice(start, start + count).filter((seq) => seq !== null).length;
      this.#accepted += accepted;
      this.#duplicates += count - accepted;
      unit.resolve({ accepted, redactions: redactions.filter(({ index }) => isStored(index)) });
      start += count;
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
