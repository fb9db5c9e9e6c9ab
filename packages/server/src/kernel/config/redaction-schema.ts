import { RE2JS } from "re2js";
import { z } from "zod";

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

/** What is taken out of events before they are stored and judged. */
export const redactionSchema = z.strictObject({
  /** keys and passwords */
  secrets: redactionMode.default("redact"),
  /** what tells of a person */
  pii: redactionMode.default("redact"),
  /** beyond numbers of social security, cards and bank accounts, which are always looked for */
  categories: z
    .array(z.enum(["EMAIL", "PHONE", "ADDR", "NAME", "DOB", "IP"]))
    .max(6)
    .default(["EMAIL", "PHONE", "ADDR", "NAME", "DOB"]),
  /** values that stay, whole and without regard to case; `@example.org` for all addresses there */
  allow: z.array(z.string().min(1).max(256)).max(10_000).default([]),
  custom: z.array(customPattern).max(50).default([]),
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
