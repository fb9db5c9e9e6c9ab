import type { LogFold, LogRecord } from "./shared-log.ts";
import { numberIn, textIn } from "./shared-log.ts";

/** What was taken of one limit in one window, in whole units; see {@link unitsOf}. */
export class BudgetFold implements LogFold {
  /** what the records say the log is about, for whoever lists it */
  about: LogRecord | undefined;
  taken = 0;
  cap = 0;
  /** rises with every reset: what was taken before one is not given back after it */
  generation = 0;
  reset: { readonly by: string; readonly at: number } | null = null;

  apply(record: LogRecord): boolean {
    switch (textIn(record, "t")) {
      case "about":
        this.about ??= record;
        return true;
      case "take":
        return this.#take(record);
      case "floor":
        this.taken = Math.max(this.taken, unitsIn(record, "n") ?? 0);
        return true;
      case "over":
        this.taken = Math.min(Number.MAX_SAFE_INTEGER, this.taken + (unitsIn(record, "n") ?? 0));
        return true;
      case "back":
        if (numberIn(record, "g") !== this.generation) return false;
        this.taken = Math.max(0, this.taken - (unitsIn(record, "n") ?? 0));
        return true;
      case "reset":
        this.taken = 0;
        this.generation += 1;
        this.reset = { by: textIn(record, "by") ?? "", at: numberIn(record, "at") ?? 0 };
        return true;
      case undefined:
      default:
        return false;
    }
  }

  /** The cap is in the record, so that processes with different policies still count alike. */
  #take(record: LogRecord): boolean {
    const amount = unitsIn(record, "n");
    const cap = unitsIn(record, "cap");
    if (amount === undefined || cap === undefined || this.taken + amount > cap) return false;
    this.taken += amount;
    this.cap = cap;
    return true;
  }
}

/** Whole units only: a fraction that somebody wrote would make sums inexact from then on. */
function unitsIn(record: LogRecord, key: string): number | undefined {
  const value = numberIn(record, key);
  return Number.isSafeInteger(value) ? value : undefined;
}
