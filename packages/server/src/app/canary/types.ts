import type { CanaryView } from "@firebreak/protocol";

export interface Canary {
  /** Runs a round when one is due. */
  pass(): Promise<void>;
  view(): CanaryView;
}
