import type { Effector } from "../containment/index.ts";

/** What the linter needs to know of an effector. */
export type KnownEffector = Pick<
  Effector,
  "name" | "destroysEvidence" | "expiry" | "idempotent" | "onlyReads" | "parameters" | "stays"
>;
export type KnownEffectors = ReadonlyMap<string, KnownEffector>;
