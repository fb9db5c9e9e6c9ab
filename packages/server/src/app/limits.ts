import { createAttemptLimit } from "../access/index.ts";
import type { Clock } from "../kernel/index.ts";
import { createSourceAttempts } from "../senders/index.ts";
import { createCollections } from "./evidence/index.ts";
import type { House } from "./house.ts";

/** How much of something at once, or again and again, this process lets happen. */
export function createLimits(
  clock: Clock,
): Pick<House, "attempts" | "refusedAttempts" | "sourceAttempts" | "actionsUnderWay" | "collections"> {
  return {
    actionsUnderWay: new Set(),
    collections: createCollections(),
    attempts: createAttemptLimit(clock),
    refusedAttempts: createAttemptLimit(clock, { windowMs: 60_000, perName: 20, perAddress: 60 }),
    sourceAttempts: createSourceAttempts(clock),
  };
}
