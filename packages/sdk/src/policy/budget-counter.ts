import { rmSync } from "node:fs";
import type { BudgetPolicy, Metric } from "@firebreak/protocol/policy";
import { BudgetFold } from "../ledger/budget-log.ts";
import { budgetPath } from "../ledger/places.ts";
import { SharedLog } from "../ledger/shared-log.ts";
import { amountOf, unitsOf } from "../ledger/units.ts";
import { windowAt } from "../ledger/window.ts";
import type { WindowAt } from "../ledger/window.ts";

export interface BudgetCounterOptions {
  readonly policy: BudgetPolicy;
  readonly metric: Metric;
  readonly limit: number;
  readonly subject: string;
  readonly timeZone: string;
  readonly ledgerDir: string;
}

/** Of a limit, what one process takes at once at most: what it may lose when it is killed, and others must wait for. */
const CHUNK_OF_LIMIT = 20;
const CHUNK_OF_REST = 10;
/** How old the knowledge of what others took may be before a refusal rests on it. */
const LOOK_MS = 50;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * One limit of one budget, as one process counts it. What is spent was taken from the shared log before, so all
 * processes together never take more than the limit; it is taken in chunks that grow as the process goes on, so that an
 * act mostly costs a subtraction. A process that is killed loses what it took and did not spend: at most as much as it
 * had spent itself, and at most a tenth of what was left.
 */
export class BudgetCounter {
  readonly policy: BudgetPolicy;
  readonly metric: Metric;
  readonly subject: string;
  readonly #options: BudgetCounterOptions;
  readonly #limit: number;
  #window: WindowAt = { id: "", startMs: 0, endMs: 0 };
  #log: SharedLog<BudgetFold> | null = null;
  #allowance = 0;
  #chunk = 1;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #toldLow = false;
  /** how much was taken when it was last looked */
  #known = 0;

  constructor(options: BudgetCounterOptions) {
    this.#options = options;
    this.policy = options.policy;
    this.metric = options.metric;
    this.subject = options.subject;
    this.#limit = unitsOf(options.metric, options.limit);
  }

  get limit(): number {
    return amountOf(this.metric, this.#limit);
  }

  get endMs(): number {
    return this.#window.endMs;
  }

  /** @returns whole units of an amount of this metric; undefined amounts are not known, and count when they are */
  units(amount: number | undefined): number | undefined {
    return amount === undefined ? undefined : unitsOf(this.metric, amount);
  }

  /** Whether so much could be taken now, without taking it. An unknown amount needs something to be left. */
  has(units: number | undefined, now: number): boolean {
    this.#roll(now);
    const wanted = units ?? 1;
    if (this.policy.mode === "enforce" && this.#allowance >= wanted) return true;
    return this.#allowance + this.#left(now) >= wanted;
  }

  /** Takes from the shared log what this process lacks for so much. @returns false when it is not to be had */
  ensure(units: number | undefined, now: number): boolean {
    this.#roll(now);
    const wanted = units ?? 1;
    if (this.#allowance >= wanted) return true;
    const left = this.policy.mode === "enforce" ? this.#left(now) : UNLIMITED;
    if (this.#allowance + left < wanted) return false;
    const chunk = Math.min(this.#chunk, Math.floor(this.#limit / CHUNK_OF_LIMIT), Math.floor(left / CHUNK_OF_REST));
    const missing = wanted - this.#allowance;
    if (this.#take(Math.max(missing, chunk)) || this.#take(missing)) {
      this.#chunk = Math.max(1, this.#chunk) * 2;
      return true;
    }
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    return false;
  }

  /** After `ensure` of the same amount: cannot fail. @returns the window that it counts in */
  spend(units: number): string {
    this.#allowance -= units;
    return this.#window.id;
  }

  /** @param window that of the spending: what an earlier one was given does not come back to this one */
  giveBack(units: number, window: string): void {
    if (window === this.#window.id) this.#allowance += units;
  }

  /** What an act cost beyond what it said before. It happened, so it counts, also beyond the limit. */
  charge(units: number, now: number): void {
    this.#roll(now);
    const own = Math.min(units, this.#allowance);
    this.#allowance -= own;
    if (units > own) this.#open().append({ t: "over", n: units - own }, { durable: true });
  }

  /** Whether the limit runs low, once in each window. */
  runsLow(now: number): boolean {
    if (this.#toldLow || this.#log === null) return false;
    const spent = this.#log.current.taken - this.#allowance;
    if (now >= this.#window.endMs || spent * 100 < this.#limit * this.policy.warnAt) return false;
    this.#toldLow = true;
    return true;
  }

  /** Others may spend what this process took and did not. */
  close(now: number): void {
    if (this.#log === null || this.#allowance <= 0 || now >= this.#window.endMs) return;
    this.#log.append({ t: "back", n: this.#allowance, g: this.#log.look().generation });
    this.#allowance = 0;
  }

  #left(now: number): number {
    const log = this.#open();
    if (Math.abs(now - this.#lookedMs) > LOOK_MS) {
      this.#lookedMs = now;
      this.#lookAt(log);
    }
    return this.#limit - log.current.taken;
  }

  #take(units: number): boolean {
    const cap = this.policy.mode === "enforce" ? this.#limit : UNLIMITED;
    if (!this.#open().append({ t: "take", n: units, cap }, { durable: true })) return false;
    this.#allowance += units;
    this.#lookAt(this.#open());
    return true;
  }

  #roll(now: number): void {
    const { startMs, endMs } = this.#window;
    if (now >= startMs && now < endMs) return;
    const ended = this.#log?.path;
    const { policy, timeZone } = this.#options;
    this.#window = windowAt(policy.window, timeZone, now);
    this.#log = null;
    this.#allowance = 0;
    this.#chunk = 1;
    this.#toldLow = false;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    if (ended !== undefined && policy.window !== "day" && now >= endMs) rmSync(ended, { force: true });
  }

  #open(): SharedLog<BudgetFold> {
    if (this.#log !== null) return this.#log;
    const { policy, metric, subject, ledgerDir } = this.#options;
    const place = { budget: policy.name, metric, subject, window: this.#window.id };
    this.#known = 0;
    const log = new SharedLog(budgetPath(ledgerDir, place), () => new BudgetFold());
    this.#log = log;
    this.#lookAt(log);
    return log;
  }

  /** A log that somebody removed in the middle of its window is begun anew where it stood. */
  #lookAt(log: SharedLog<BudgetFold>): void {
    const fold = log.look();
    if (fold.about === undefined) {
      const { policy, metric, subject } = this.#options;
      const { id: window, startMs, endMs } = this.#window;
      const about = { budget: policy.name, metric, subject, window, per: policy.per, startMs, endMs };
      log.append({ t: "about", ...about, limit: this.#limit });
      if (this.#known > 0) log.append({ t: "floor", n: this.#known });
    }
    this.#known = log.current.taken;
  }
}
