import type { LogFold, LogRecord } from "./shared-log.ts";
import { numberIn, textIn } from "./shared-log.ts";

const FAILURES_MAX = 1000;

interface Opened {
  readonly at: number;
  readonly until: number;
  readonly why: string;
}
interface Isolation {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

export type BreakerState = "closed" | "open" | "half_open" | "isolated";

/**
 * One circuit breaker's state. A person's isolation outranks everything that recovers by itself, and only a person ends
 * it.
 */
export class BreakerFold implements LogFold {
  about: LogRecord | undefined;
  isolation: Isolation | null = null;
  opened: Opened | null = null;
  #probe: { readonly id: string; readonly until: number } | null = null;
  #failures: number[] = [];

  apply(record: LogRecord): boolean {
    switch (textIn(record, "t")) {
      case "about":
        this.about ??= record;
        return true;
      case "fail":
        return this.#fail(record);
      case "open":
        return this.#open(record, textIn(record, "why") ?? "");
      case "probe":
        return this.#claim(record);
      case "ok":
        return this.#recover(record);
      case "isolate":
        this.isolation = {
          by: textIn(record, "by") ?? "",
          at: numberIn(record, "at") ?? 0,
          reason: textIn(record, "reason") ?? "",
        };
        return true;
      case "close":
        this.isolation = null;
        this.#close();
        return true;
      case undefined:
      default:
        return false;
    }
  }

  stateAt(now: number): BreakerState {
    if (this.isolation !== null) return "isolated";
    if (this.opened === null) return "closed";
    return now < this.opened.until ? "open" : "half_open";
  }

  /** @returns when the next act may probe, ms since 1970 */
  probeFrom(): number {
    return Math.max(this.opened?.until ?? 0, this.#probe?.until ?? 0);
  }

  /** The number and the window stand in the record, so that all processes come to the same. @returns whether it opened */
  #fail(record: LogRecord): boolean {
    const at = numberIn(record, "at") ?? 0;
    const probe = textIn(record, "probe");
    if (probe !== undefined) return probe === this.#probe?.id && this.#open(record, "its probe failed");
    if (this.opened !== null) return false;
    const windowMs = numberIn(record, "w") ?? 0;
    const limit = numberIn(record, "of") ?? Number.POSITIVE_INFINITY;
    this.#failures = [...this.#failures, at].filter((time) => time > at - windowMs).slice(-FAILURES_MAX);
    if (this.#failures.length < limit) return false;
    return this.#open(record, `${this.#failures.length} failures in ${windowMs / 1000} s`);
  }

  #open(record: LogRecord, why: string): boolean {
    const at = numberIn(record, "at") ?? 0;
    const wasOpen = this.opened !== null && at < this.opened.until;
    this.opened = { at, until: at + (numberIn(record, "for") ?? 0), why };
    this.#probe = null;
    this.#failures = [];
    return !wasOpen;
  }

  /** One probe at a time; one whose process died is given up after as long as the breaker stays open. */
  #claim(record: LogRecord): boolean {
    const at = numberIn(record, "at") ?? 0;
    const id = textIn(record, "probe");
    if (id === undefined || this.isolation !== null || this.opened === null || at < this.probeFrom()) return false;
    this.#probe = { id, until: at + (numberIn(record, "for") ?? 0) };
    return true;
  }

  #recover(record: LogRecord): boolean {
    if (this.#probe === null || textIn(record, "probe") !== this.#probe.id) return false;
    this.#close();
    return true;
  }

  #close(): void {
    this.opened = null;
    this.#probe = null;
    this.#failures = [];
  }
}
