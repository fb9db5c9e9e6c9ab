import { containmentMode, incidentType, severity } from "@firebreak/protocol";
import { z } from "zod";

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -, beginning with a letter or digit");
const minutes = z.number().int().min(1).max(525_600);

const trigger = z
  .strictObject({
    /** ids of detection rules, or what stands before a slash in them */
    rules: z.array(z.string().min(1).max(128)).min(1).max(200).optional(),
    tags: z.array(z.string().min(1).max(128)).min(1).max(100).optional(),
    severities: z.array(severity).min(1).max(4).optional(),
    incidentTypes: z.array(incidentType).min(1).optional(),
  })
  .refine((when) => Object.values(when).some((part) => part !== undefined), {
    message: "name at least one of rules, tags, severities and incidentTypes",
  });

const containmentRule = z
  .strictObject({
    name,
    /** all that is given must hold; of a list, one entry */
    when: trigger,
    mode: containmentMode.default("observe"),
    effector: z
      .string()
      .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, "use the name of an effector, like agent.deny")
      .optional(),
    playbook: name.optional(),
    /** the effector's parameters, or the playbook's inputs; `${alert.agentId}` and the like are replaced */
    with: z.record(z.string().max(128), z.unknown()).default({}),
    /** lists in the event, like `event.data.added_skills`: it is done once for each entry, which is `${each}` */
    each: z
      .array(z.string().regex(/^event(\.[A-Za-z0-9_-]+)+$/, "name a list of the event, like event.data.added_skills"))
      .max(10)
      .default([]),
    /** how long the effect stays; left out, until a person takes it back */
    forMinutes: minutes.optional(),
    /** how long a question waits for its answer */
    askMinutes: z.number().int().min(1).max(10_080).default(60),
  })
  .refine((rule) => (rule.effector === undefined) !== (rule.playbook === undefined), {
    message: "a containment rule needs exactly one of effector and playbook",
  });
export type ContainmentRule = z.infer<typeof containmentRule>;

/** Guard rails. What one of them holds back is asked for instead. */
const limits = z.strictObject({
  actionsPerHour: z.number().int().min(0).max(100_000).default(20),
  actionsPerRulePerHour: z.number().int().min(0).max(100_000).default(10),
  /** of the agents seen in the last 24 hours, how many may be acted on within an hour; one may always be */
  fleetShare: z.number().min(0).max(1).default(0.5),
  /** after a person let a target run again */
  quietMinutes: z.number().int().min(0).max(10_080).default(10),
  /** what was told later than this after it happened, such as lines of old files */
  lateMinutes: z.number().int().min(1).max(525_600).default(60),
});

export const containmentSchema = z.strictObject({
  limits: limits.prefault({}),
  rules: z.array(containmentRule).max(200).default([]),
});
export type ContainmentSettings = z.infer<typeof containmentSchema>;
