import type { Actor, Hold, HoldLevel, HoldScope } from "@firebreak/protocol";
import type { ClosedHold } from "./records.ts";

/** The state every gate and supervisor acts on. */
export interface KillswitchState {
  /** rises with every change, never falls, not even across a lost journal */
  readonly epoch: number;
  /** every hold in force. With an unreadable journal this includes a hold on everything, level deny. */
  readonly holds: readonly Hold[];
  readonly health: KillswitchHealth;
}

export type KillswitchHealth =
  | { readonly state: "ok" }
  | {
      readonly state: "damaged" | "not_durable";
      /** what is wrong and where */
      readonly problem: string;
      readonly remedy: string;
    };

export interface HoldRequest {
  /** makes a repeat harmless: the same id gives the same hold, even after that hold ended */
  readonly id?: string | undefined;
  readonly scope: HoldScope;
  readonly target: string | null;
  readonly level: HoldLevel;
  readonly reason: string;
  readonly actor: Actor;
  readonly incidentId?: string | null | undefined;
  /** ISO 8601; the hold ends when `expire` is called at or after it, never by itself */
  readonly expiresAt?: string | null | undefined;
}

export interface ReleaseRequest {
  readonly actor: Actor;
  readonly reason: string;
}

export interface ReleaseResult {
  readonly state: "released" | "already_released" | "not_found";
  readonly epoch: number;
}

export interface RepairResult {
  readonly repaired: boolean;
  /** the damaged journal, kept aside; null when there was none */
  readonly kept: string | null;
  /** a stop of everything set because a damaged line may have been a stop nobody knows any more; or null */
  readonly safetyHold: Hold | null;
}

export type KillswitchListener = (state: KillswitchState) => void;

/** The kill switch of one FIREBREAK_HOME. Any number of processes may have it open and see each other's changes. */
export interface Killswitch {
  readonly dir: string;
  /** @returns the state now: looks at the journal's size and time, reads only when they changed */
  current(): KillswitchState;
  /** @returns the last holds that ended, the oldest first; at most 200 */
  history(): readonly ClosedHold[];
  /**
   * Stops. Durable before it resolves.
   *
   * @throws FirebreakError invalid_body for a target that does not fit, conflict for a used id with other content,
   * storage_unavailable when it could not be made durable (it is then in force in this process only, and retried)
   */
  add(request: HoldRequest): Promise<Hold>;
  /** @throws FirebreakError forbidden unless a person or the command line asks */
  release(holdId: string, request: ReleaseRequest): Promise<ReleaseResult>;
  /** Ends the holds whose `expiresAt` is not after `nowMs`; @returns those. */
  expire(nowMs: number): Promise<readonly Hold[]>;
  /** Calls the listener after every change by any process, within 100 ms. @returns what ends it */
  watch(listener: KillswitchListener): () => void;
  /** Mends an unreadable journal, keeping every hold any copy knows. */
  repair(request: ReleaseRequest): Promise<RepairResult>;
  close(): void;
}
