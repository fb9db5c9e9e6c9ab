/** What is to be done about an incident, and who is brought in. */
import { z } from "zod";
import { incidentType } from "./incident.ts";
import { severity } from "./severity.ts";

export const suggestedPlaybook = z.object({
  id: z.string(),
  title: z.string(),
  /** why it fits, in words */
  why: z.string(),
  /** of its inputs, what the incident and the profile know */
  inputs: z.record(z.string(), z.unknown()),
});
export type SuggestedPlaybook = z.infer<typeof suggestedPlaybook>;

export const contactView = z.object({
  role: z.string(),
  title: z.string(),
  duty: z.string(),
  /** when to bring them in, in words */
  trigger: z.string(),
  when: z.object({ severities: z.array(severity).optional(), incidentTypes: z.array(incidentType).optional() }),
  people: z.array(
    z.object({
      name: z.string(),
      email: z.string().optional(),
      phone: z.string().optional(),
      channel: z.string().optional(),
    }),
  ),
});

/** Both lists as the profile orders them: what fits best first. */
export const incidentGuidance = z.object({ playbooks: z.array(suggestedPlaybook), contacts: z.array(contactView) });
export type IncidentGuidance = z.infer<typeof incidentGuidance>;
