import { containmentMode, entityName } from "@firebreak/protocol";
import { z } from "zod";

const percent = z.number().min(1).max(100);
const seconds = z.number().int().min(0).max(3600);

const tiers = z
  .strictObject({ warn: percent, critical: percent, emergency: percent })
  .refine(({ warn, critical, emergency }) => warn < critical && critical < emergency, {
    message: "warn, critical and emergency must rise",
  });
const diskTiers = z
  .strictObject({ warn: percent, critical: percent })
  .refine(({ warn, critical }) => warn < critical, { message: "warn must lie below critical" });
const freeTiers = z
  .strictObject({ warn: z.number().min(0).max(1_000_000), critical: z.number().min(0).max(1_000_000) })
  .refine(({ warn, critical }) => warn >= critical, { message: "warn must not lie below critical" });

/** What gates are asked for at a level; the runbook's numbers. Its 500 at once of normal times is no limit here. */
const throttle = (maxConcurrent: number, delayMs: number) =>
  z
    .strictObject({
      /** acts under way at once in one gate; 0: no new act begins */
      maxConcurrent: z.number().int().min(0).max(1_000_000),
      delayMs: z.number().int().min(0).max(60_000),
    })
    .default({ maxConcurrent, delayMs });

const stops = z.strictObject({
  mode: containmentMode.default("ask"),
  /** how long new work is refused before an agent is stopped */
  afterSeconds: seconds.default(10),
  /** between one stop and the next: what the first one brought is seen by then */
  betweenSeconds: seconds.default(10),
  /** an agent that uses less of what runs short is not worth stopping */
  worthPercent: percent.default(10),
});

const priority = z
  .strictObject({
    agent: entityName.optional(),
    pack: entityName.optional(),
    /** the lowest is stopped first; never: not by the guard. Without an entry an agent has 50 */
    priority: z.union([z.literal("never"), z.number().int().min(0).max(100)]),
  })
  .refine(({ agent, pack }) => (agent === undefined) !== (pack === undefined), {
    message: "a priority is of exactly one agent or one pack",
  });
export type GuardPriority = z.infer<typeof priority>;

/** The resource guard. Defaults are the tiers of the ai-empire runbook; what it says nothing of is ours and says so. */
export const guardSchema = z.strictObject({
  cpuPercent: tiers.default({ warn: 70, critical: 85, emergency: 95 }),
  memoryPercent: tiers.default({ warn: 75, critical: 85, emergency: 92 }),
  /** of the file system that holds FIREBREAK_HOME; a full disk is never an emergency that stops agents */
  diskPercent: diskTiers.default({ warn: 85, critical: 95 }),
  diskFreeGb: freeTiers.default({ warn: 10, critical: 5 }),
  /** how long a value must stay above a tier; ours: a build may use the whole processor for a moment */
  riseSeconds: z
    .strictObject({ cpu: seconds, memory: seconds, disk: seconds })
    .default({ cpu: 30, memory: 10, disk: 10 }),
  /** how far below its tier a value must fall, and for how long, before the level falls; ours */
  hysteresisPercent: z.number().min(0).max(50).default(5),
  fallSeconds: seconds.default(30),
  throttle: z
    .strictObject({ warn: throttle(200, 500), critical: throttle(50, 2_000), emergency: throttle(0, 5_000) })
    .prefault({}),
  stops: stops.prefault({}),
  /** the first that names the agent counts, then the first that names its pack */
  priorities: z.array(priority).max(1_000).default([]),
});
export type GuardSettings = z.infer<typeof guardSchema>;

export const DEFAULT_GUARD: GuardSettings = guardSchema.parse({});
