import { RE2JS } from "re2js";
import { z } from "zod";
import { environmentName } from "./http-url.ts";

const redactionMode = z.enum(["off", "detect", "redact"]);

const customPattern = z.strictObject({
  name: z.string().regex(/^[A-Za-z][\w-]{0,63}$/, "use letters, digits, - and _, beginning with a letter"),
  pattern: z
    .string()
    .min(1)
    .max(1024)
    .refine(isLinearPattern, "use a regular expression of RE2: no lookaround, no references"),
  /** what stands in its place; `[REDACTED: NAME]` by default */
  redaction: z.string().min(1).max(64).optional(),
});

const revealSchema = z.strictObject({
  /** the least role that may see an original */
  role: z.enum(["responder", "commander", "admin"]).default("admin"),
  /** of one person; more are refused */
  perHour: z.number().int().min(1).max(1000).default(30),
  /** as many of one person in an hour raise an alert */
  alertPerHour: z.number().int().min(1).max(1000).default(10),
});

/** What is taken out of events before they are stored and judged. */
export const redactionSchema = z.strictObject({
  /** keys and passwords */
  secrets: redactionMode.default("redact"),
  /** what tells of a person */
  pii: redactionMode.default("redact"),
  /** beyond numbers of social security, cards and bank accounts, which are always looked for */
  categories: z
    .array(z.enum(["EMAIL", "PHONE", "ADDR", "NAME", "DOB", "IP", "USER", "LOC"]))
    .max(8)
    .default(["EMAIL", "PHONE", "ADDR", "NAME", "DOB"]),
  /** values that stay, whole and without regard to case; `@example.org` for all addresses there */
  allow: z.array(z.string().min(1).max(256)).max(10_000).default([]),
  custom: z.array(customPattern).max(50).default([]),
  /** what stands in the place of a find, here for an e-mail address */
  token: z.enum(["[REDACTED: EMAIL]", "[EMAIL_REDACTED]", "[REDACTED]"]).default("[REDACTED: EMAIL]"),
  /** whose originals are kept encrypted, for those who may reveal them */
  reversible: z.enum(["none", "pii", "all"]).default("none"),
  reveal: revealSchema.prefault({}),
  /** where the keys come from that encrypt originals; left out: a file of our own in `<home>/secrets` */
  key: z
    .union([
      /** environment variable, or file in `<home>/secrets` */
      z.strictObject({ env: environmentName }),
      /** a program and its arguments that prints them */
      z.strictObject({ command: z.array(z.string().min(1).max(4096)).min(1).max(64) }),
    ])
    .optional(),
});
export type RedactionPolicy = z.infer<typeof redactionSchema>;

/** What holds when a profile says nothing. */
export const DEFAULT_REDACTION: RedactionPolicy = redactionSchema.parse({});

/** RE2's syntax and nothing else, so that a pattern of a file cannot stall the intake. */
function isLinearPattern(value: string): boolean {
  try {
    RE2JS.compile(value);
    return true;
  } catch {
    return false;
  }
}
