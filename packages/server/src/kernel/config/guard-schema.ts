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
});
export type GuardSettings = z.infer<typeof guardSchema>;

export const DEFAULT_GUARD: GuardSettings = guardSchema.parse({});
