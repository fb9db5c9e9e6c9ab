import type { Denial, HoldLevel } from "@firebreak/protocol/holds";
import type { PolicyFinding } from "./policy/finding.ts";
import type { ActEnd } from "./policy/policy-gate.ts";

export interface Allowed {
  readonly allowed: true;
  /** what the policy warns of */
  readonly warnings?: readonly PolicyFinding[];
  /** how long the act should wait before it begins, while the machine is short of resources; `run` waits */
  readonly delayMs?: number;
}
export interface Denied {
  readonly allowed: false;
  /**
   * `stopped`: a person or a rule stopped it. `policy`: a rule, budget, circuit breaker or limit forbids this act.
   * `lease_expired`: the server was not heard for too long; it passes by itself. `gate_broken`: the gate cannot know, and
   * a person must mend something.
   */
  readonly denial: Denial;
  readonly reason: string;
  readonly holdId: string | null;
  readonly level: HoldLevel;
  /** what of the policy denied it */
  readonly policy?: PolicyFinding;
}
export type Decision = Allowed | Denied;

/** A decision with, when it let the act through, what to call when the act ended. */
export type Begun = (Allowed & { readonly end: (end?: ActEnd) => void }) | Denied;

/** Thrown by a guarded function that may not run. */
export class GateDeniedError extends Error {
  override readonly name = "GateDeniedError";
  readonly denied: Denied;

  constructor(denied: Denied) {
    super(`${denied.denial}: ${denied.reason}`);
    this.denied = denied;
  }
}
