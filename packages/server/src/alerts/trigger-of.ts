import { incidentType, severity } from "@firebreak/protocol";
import { z } from "zod";
import type { ContainmentTrigger } from "./automatic-containment.ts";
import { isLate } from "./came-late.ts";

/** The columns of an alert that decide what it sets off. */
export const triggerRow = z.object({
  rule_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  severity,
  incident_type: incidentType,
  detail: z.unknown(),
  labels: z.record(z.string(), z.string()),
});

const tagged = z.object({ tags: z.array(z.string()) });

/** @param alert a row of `alerts` */
export function triggerOf(alert: z.infer<typeof triggerRow>): ContainmentTrigger {
  return {
    ruleId: alert.rule_id,
    agentId: alert.agent_id,
    severity: alert.severity,
    incidentType: alert.incident_type,
    isLate: isLate(alert.labels),
    tags: tagged.safeParse(alert.detail).data?.tags ?? [],
  };
}
