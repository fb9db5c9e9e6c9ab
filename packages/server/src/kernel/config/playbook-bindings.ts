import { incidentType, severity } from "@firebreak/protocol";
import { z } from "zod";

const severities = z.array(severity).min(1).max(4);
const incidentTypes = z.array(incidentType).min(1);

/** Which playbook is for what. All that is given must hold; of a list, one entry. */
export const playbookBinding = z
  .strictObject({
    playbook: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, "use the id of a playbook"),
    /** ids of detection rules, or what stands before a slash in them */
    rules: z.array(z.string().min(1).max(128)).min(1).max(200).optional(),
    incidentTypes: incidentTypes.optional(),
    severities: severities.optional(),
    /** suggest: the incident shows it. ask: a person is asked whether it starts. act: it starts by itself. */
    mode: z.enum(["suggest", "ask", "act"]).default("suggest"),
    /** the playbook's inputs; `${alert.agentId}` and the like are replaced */
    with: z.record(z.string().max(128), z.unknown()).default({}),
    /** how long a question waits for its answer */
    askMinutes: z.number().int().min(1).max(10_080).default(60),
  })
  .refine(
    ({ rules, incidentTypes: types, severities: levels }) =>
      rules !== undefined || types !== undefined || levels !== undefined,
    { message: "name at least one of rules, incidentTypes and severities" },
  );
export type PlaybookBinding = z.infer<typeof playbookBinding>;

/** Who is brought in, when, and how they are reached. All that `when` gives must hold; without it, always. */
export const contact = z.strictObject({
  role: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "use small letters, digits, _ and -"),
  title: z.string().trim().min(1).max(120),
  duty: z.string().trim().min(1).max(300),
  /** the trigger in words, for what no machine can tell */
  trigger: z.string().trim().min(1).max(300),
  when: z.strictObject({ severities: severities.optional(), incidentTypes: incidentTypes.optional() }).default({}),
  people: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(120),
        email: z.email().max(254).optional(),
        phone: z
          .string()
          .regex(/^\+?[0-9 ()/-]{3,32}$/, "use digits, spaces and + ( ) / -")
          .optional(),
        channel: z.string().trim().min(1).max(120).optional(),
      }),
    )
    .max(50)
    .default([]),
});
export type Contact = z.infer<typeof contact>;
