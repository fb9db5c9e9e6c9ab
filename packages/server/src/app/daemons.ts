import type { Clock, Logger } from "../kernel/index.ts";
import { messageOf } from "../kernel/index.ts";
import { createDueQuestion, isTransientDatabaseError } from "../storage/index.ts";
import type { Database, DueCondition, DueQuestion } from "../storage/index.ts";

/** Something done again and again. One pass never overlaps the next; a pass that fails is logged and tried again. */
export interface Daemon {
  readonly name: string;
  readonly everyMs: number;
  /** A pass is made only when it is met, which is asked for many daemons at once. Left out: a pass is made each time. */
  readonly due?: DueCondition;
  /** @param stopping aborted when this process stops: what takes long ends early */
  run(stopping: AbortSignal): Promise<unknown>;
}

export interface Daemons {
  start(): void;
  /** Waits for passes under way. */
  stop(): Promise<void>;
}

export interface DaemonSurroundings {
  readonly database: Pick<Database, "kysely" | "pool">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Turns fall on a grid, so that an idle machine wakes up for many daemons at once. */
const GRID_MS = 50;
/** What is not due is looked at again after this, or after its own time when that is longer. */
const IDLE_MS = 1_000;

export function createDaemons(daemons: readonly Daemon[], surroundings: DaemonSurroundings): Daemons {
  return new SharedTick(daemons, surroundings);
}

class SharedTick implements Daemons {
  readonly #surroundings: DaemonSurroundings;
  readonly #askDue: DueQuestion;
  /** when each has its turn, by the monotonic clock; none while its pass runs */
  readonly #turns: Map<Daemon, number>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(daemons: readonly Daemon[], surroundings: DaemonSurroundings) {
    this.#surroundings = surroundings;
    this.#turns = new Map(daemons.map((daemon) => [daemon, 0]));
    const conditions = daemons.flatMap(({ name, due }) => (due === undefined ? [] : [[name, due] as const]));
    this.#askDue = createDueQuestion(surroundings.database, surroundings.clock, new Map(conditions));
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#ending.signal.aborted) return;
    const pauseMs = Math.min(...this.#turns.values()) - this.#nowMs();
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(pauseMs, 0), IDLE_MS));
  }

  #tick(): void {
    const latestMs = this.#nowMs() + GRID_MS / 2;
    const daemons = [...this.#turns].filter(([, turnMs]) => turnMs <= latestMs).map(([daemon]) => daemon);
    for (const daemon of daemons) this.#turns.delete(daemon);
    const conditional = daemons.filter(({ due }) => due !== undefined);
    for (const daemon of daemons) if (daemon.due === undefined) this.#keep(this.#pass(daemon));
    if (conditional.length > 0) this.#keep(this.#passWhatIsDue(conditional));
    this.#schedule();
  }

  async #passWhatIsDue(daemons: readonly Daemon[]): Promise<void> {
    const askedMs = this.#nowMs();
    const due = await this.#ask(new Set(daemons.map(({ name }) => name)));
    if (this.#ending.signal.aborted) return;
    const idle = daemons.filter(({ name }) => !due.has(name));
    for (const daemon of idle) this.#giveTurn(daemon, askedMs + Math.max(daemon.everyMs, IDLE_MS));
    this.#schedule();
    await Promise.all(daemons.filter(({ name }) => due.has(name)).map((daemon) => this.#pass(daemon)));
  }

  /** One condition that cannot be asked must not keep back the others: then every pass is made and fails by itself. */
  async #ask(names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    try {
      return await this.#askDue(names);
    } catch (fault) {
      const isAway = isTransientDatabaseError(fault);
      this.#surroundings.logger.error("what is due could not be asked", { problem: messageOf(fault), isAway });
      return isAway ? new Set() : names;
    }
  }

  async #pass(daemon: Daemon): Promise<void> {
    try {
      await daemon.run(this.#ending.signal);
    } catch (fault) {
      const fields = { daemon: daemon.name, problem: messageOf(fault) };
      this.#surroundings.logger.error("a daemon failed and is tried again", fields);
    }
    this.#giveTurn(daemon, this.#nowMs() + daemon.everyMs);
    this.#schedule();
  }

  #giveTurn(daemon: Daemon, atMs: number): void {
    this.#turns.set(daemon, Math.round(atMs / GRID_MS) * GRID_MS);
  }

  #nowMs(): number {
    return this.#surroundings.clock.monotonicMs();
  }

  #keep(work: Promise<void>): void {
    const kept = work.finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
  }
}
