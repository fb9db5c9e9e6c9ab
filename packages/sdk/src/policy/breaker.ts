import { randomUUID } from "node:crypto";
import type { BreakerPolicy } from "@firebreak/protocol/policy";
import type { BreakerState } from "../ledger/breaker-log.ts";
import { BreakerFold } from "../ledger/breaker-log.ts";
import { breakerPath } from "../ledger/places.ts";
import { SharedLog } from "../ledger/shared-log.ts";
import { FailureShare } from "./failure-share.ts";

/** How old the knowledge of what other processes and people did may be. */
const LOOK_MS = 50;

/** What one act's end changed. */
export type BreakerChange = "opened" | "closed" | null;

/**
 * One circuit breaker, shared by the processes of a host through its log. Failures and changes of state are in the log
 * and outlive the process; the outcomes from which a share is made are this process's own.
 */
export class Breaker {
  readonly policy: BreakerPolicy;
  readonly subject: string;
  readonly #log: SharedLog<BreakerFold>;
  #lookedMs = Number.NEGATIVE_INFINITY;
  readonly #share: FailureShare;

  constructor(policy: BreakerPolicy, subject: string, ledgerDir: string) {
    this.policy = policy;
    this.subject = subject;
    const path = breakerPath(ledgerDir, { breaker: policy.name, subject });
    this.#log = new SharedLog(path, () => new BreakerFold());
    this.#share = new FailureShare(policy.windowMs, policy.minimum);
  }

  stateAt(now: number): BreakerState {
    return this.#look(now).stateAt(now);
  }

  /** @returns null when acts may pass, also as a probe; else why not, and how long that lasts if that is known */
  refusal(now: number): { readonly why: string; readonly retryAfterMs: number | null } | null {
    const fold = this.#look(now);
    const { isolation, opened } = fold;
    if (isolation !== null) return { why: `${isolation.by} isolated it: ${isolation.reason}`, retryAfterMs: null };
    if (opened === null || now >= fold.probeFrom()) return null;
    return { why: `it is open: ${opened.why}`, retryAfterMs: fold.probeFrom() - now };
  }

  /**
   * Lets an act begin. Of those that ask a breaker that was open long enough, one gets through, as its probe.
   *
   * @returns what `end` takes; null when another process was first
   */
  begin(now: number): { readonly probe: string | null } | null {
    if (this.#look(now).stateAt(now) === "closed") return { probe: null };
    if (this.refusal(now) !== null) return null;
    const probe = randomUUID();
    const claimed = this.#log.append({ t: "probe", probe, at: now, for: this.policy.openMs });
    return claimed ? { probe } : null;
  }

  end(probe: string | null, failed: boolean, now: number): BreakerChange {
    if (probe !== null) return this.#endProbe(probe, failed, now);
    const { policy } = this;
    const isShareTooHigh = policy.errorPercent !== null && this.#share.count(failed, now) >= policy.errorPercent;
    if (!failed) return null;
    const record = { at: now, for: policy.openMs };
    if (policy.failures !== null) {
      this.#introduce();
      if (this.#log.append({ t: "fail", ...record, w: policy.windowMs, of: policy.failures })) return "opened";
    }
    if (!isShareTooHigh || this.#look(now).stateAt(now) !== "closed") return null;
    this.#introduce();
    this.#share.clear();
    const why = `${policy.errorPercent} % of at least ${policy.minimum} acts in ${policy.windowMs / 1000} s failed`;
    return this.#log.append({ t: "open", ...record, why }, { durable: true }) ? "opened" : null;
  }

  #endProbe(probe: string, failed: boolean, now: number): BreakerChange {
    if (failed) return this.#log.append({ t: "fail", probe, at: now, for: this.policy.openMs }) ? "opened" : null;
    this.#share.clear();
    return this.#log.append({ t: "ok", probe, at: now }, { durable: true }) ? "closed" : null;
  }

  #look(now: number): BreakerFold {
    if (Math.abs(now - this.#lookedMs) <= LOOK_MS) return this.#log.current;
    this.#lookedMs = now;
    return this.#log.look();
  }

  #introduce(): void {
    if (this.#log.look().about !== undefined) return;
    const { name, per } = this.policy;
    this.#log.append({ t: "about", breaker: name, per, subject: this.subject });
  }
}
