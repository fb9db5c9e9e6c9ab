import type { IndicatorType, Severity, TlpLevel } from "@firebreak/protocol";

/** An indicator as a list gives it, before it is checked. What it leaves out, the request's defaults say. */
export interface Candidate {
  /** where it stands, for messages: `line 3` */
  readonly place: string;
  readonly value: string;
  readonly type?: IndicatorType | undefined;
  readonly source?: string | undefined;
  readonly description?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly expiresAt?: string | undefined;
  /** percent */
  readonly confidence?: number | undefined;
  readonly tlp?: TlpLevel | undefined;
}

export interface Refusal {
  readonly place: string;
  readonly message: string;
}

export interface Read {
  readonly candidates: readonly Candidate[];
  readonly refusals: readonly Refusal[];
}
