import { drillRecord, drillSummary, drillView, newDrillRecord, pageOf } from "@firebreak/protocol";
import { z } from "zod";
import { playbookParams } from "./playbook-schemas.ts";
import { idOf } from "./requests.ts";

export const drillParams = z.strictObject({ id: idOf("drill") });
export const drillQuery = z.strictObject({
  playbook: playbookParams.shape.id.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type DrillQuery = z.infer<typeof drillQuery>;

export const drillPage = pageOf(drillSummary);

/** What drills answer, as `components/schemas` names it. */
export const DRILL_ANSWERS = {
  DrillRecord: drillRecord,
  NewDrillRecord: newDrillRecord,
  DrillSummary: drillSummary,
  DrillView: drillView,
  DrillPage: drillPage,
} as const;
