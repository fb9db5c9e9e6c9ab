import { z } from "zod";

export const environmentName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,127}$/, "use the name of an environment variable, like OPS_WEBHOOK_SECRET");

/** An address without credentials in it: those belong where secrets are. */
export const httpUrl = z
  .string()
  .max(2048)
  .refine(isPlainHttpUrl, "use an http or https address without a user or password in it");

function isPlainHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return (url.protocol === "http:" || url.protocol === "https:") && url.username === "" && url.password === "";
}
