import type { ActiveMode } from "@firebreak/protocol/policy";

/** What of the policy spoke. */
export type PolicyPart = "rule" | "budget" | "breaker" | "concurrency" | "throttle" | "cost";

/** What the policy has against an act. */
export interface PolicyFinding {
  readonly part: PolicyPart;
  /** the rule's id, or the name of the budget, breaker or limit */
  readonly name: string;
  readonly mode: ActiveMode;
  readonly reason: string;
  /** when it is worth asking again, ms; null when that is not known or no time helps */
  readonly retryAfterMs: number | null;
}

/** The policy could not be asked: what it counts in cannot be read or written. */
export class PolicyBrokenError extends Error {
  override readonly name = "PolicyBrokenError";
}
