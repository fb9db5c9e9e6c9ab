import type { HoldRule } from "@firebreak/protocol/holds";

export interface SeenHold extends HoldRule {
  readonly id: string;
  readonly reason: string;
}

/** The stops as a source last told them. */
export type SeenState =
  | { readonly ok: true; readonly epoch: number; readonly holds: readonly SeenHold[] }
  | { readonly ok: false; readonly problem: string };

/** Where a gate sees the stops of this machine. */
export interface StateReader {
  /** Looks now. @returns the same object when nothing changed */
  look(): SeenState;
  close(): void;
}
