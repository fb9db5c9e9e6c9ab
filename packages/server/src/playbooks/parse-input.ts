import type { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";

/**
 * @returns the input as the schema gives it
 * @throws FirebreakError `invalid_body` with one entry per fault
 */
export function parseInput<S extends z.ZodType>(schema: S, input: z.input<S>): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    where: `/${issue.path.map(String).join("/")}`,
    message: issue.message,
  }));
  const summary = errors.map((error) => `${error.where}: ${error.message}`).join("; ");
  throw new FirebreakError("invalid_body", `The request for the run is not valid. ${summary}.`, { errors });
}
