import { z } from "zod";
import { holdScope } from "./killswitch.ts";

/** What comes back together: packs, and agents of no pack. `holdId` is what keeps it stopped until its turn. */
export const restoreBatch = z.array(z.object({ scope: holdScope, target: z.string(), holdId: z.string().nullable() }));
export type RestoreBatch = z.infer<typeof restoreBatch>;

/** The return after a stop of everything, batch by batch. */
export const restoreView = z.object({
  holdId: z.string(),
  state: z.enum(["running", "done", "halted"]),
  batches: z.array(restoreBatch),
  /** how many batches have come back */
  released: z.number().int(),
  /** when the next one comes, while it is running */
  nextAt: z.string().nullable(),
  startedAt: z.string(),
  /** why it halted; what had not come back stays stopped */
  problem: z.string().nullable(),
});
export type RestoreView = z.infer<typeof restoreView>;
