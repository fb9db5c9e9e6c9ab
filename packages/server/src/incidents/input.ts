import { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";

const NUL = "\u0000";

/** Text PostgreSQL and canonical JSON can hold: well-formed Unicode without NUL. */
function storableText(schema: z.ZodString): z.ZodString {
  return schema.refine(
    (text) => text.isWellFormed() && !text.includes(NUL),
    "use valid Unicode text without NUL characters",
  );
}

export const shortText = (charactersMin: number) => storableText(z.string().trim().min(charactersMin).max(200));
export const reasonText = storableText(z.string().trim().min(3, "say why, in three characters or more").max(1000));
export const longText = (charactersMin: number) => storableText(z.string().trim().min(charactersMin).max(10_000));
export const incidentId = z.string().min(1).max(64);

/**
 * @returns the input as the schema gives it
 * @throws FirebreakError `invalid_body` with one entry per fault
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    where: `/${issue.path.map(String).join("/")}`,
    message: issue.message,
  }));
  const summary = errors.map((error) => `${error.where}: ${error.message}`).join("; ");
  throw new FirebreakError("invalid_body", `The request for the incident is not valid. ${summary}.`, { errors });
}

/** @returns the text as the database can hold it, cut to `charactersMax` */
export function cleanText(text: string, charactersMax: number): string {
  const clean = text.toWellFormed().replaceAll(NUL, "\uFFFD");
  return clean.length <= charactersMax ? clean : `${clean.slice(0, charactersMax - 1).toWellFormed()}…`;
}

/** @returns JSON text that a jsonb column takes: strings inside are made well-formed and free of NUL */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "string" ? member.toWellFormed().replaceAll(NUL, "\uFFFD") : member,
  );
}
