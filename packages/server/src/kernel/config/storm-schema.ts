import { z } from "zod";

/** When alerts join one incident for all instead of opening one each. */
export const stormSchema = z.strictObject({
  /** so many incidents that one rule opens are one each; the alerts after them are a storm. 0: never */
  incidents: z.number().int().min(0).max(10_000).default(5),
  /** the same for all rules together. 0: never */
  incidentsOfAll: z.number().int().min(0).max(10_000).default(20),
  /** within this time */
  minutes: z.number().int().min(1).max(1_440).default(10),
  /** a storm that no further alert joins for so long is over */
  quietMinutes: z.number().int().min(1).max(1_440).default(30),
});
export type StormSettings = z.infer<typeof stormSchema>;
