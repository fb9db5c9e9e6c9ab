import { z } from "zod";

/** When playbooks are drilled by themselves; left out: never. */
export const drillSettings = z.strictObject({
  /** each playbook that has a drill, once in so many days */
  every: z.string().regex(/^([1-9]|[1-9][0-9]|[1-2][0-9]{2}|3[0-5][0-9]|36[0-6])d$/, "use days, from 1d to 366d"),
  /** the time of day from which they may begin, in the profile's time zone */
  at: z
    .string()
    .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "use a time of day such as 04:00")
    .default("04:00"),
  /** left out: all that have a drill */
  playbooks: z.array(z.string().min(1).max(60)).min(1).max(200).optional(),
});
export type DrillSettings = z.output<typeof drillSettings>;
