import { severity } from "@firebreak/protocol";
import { z } from "zod";

const FIELD_CHARACTERS_MAX = 1_000;

const field = z
  .string()
  .min(1)
  .max(FIELD_CHARACTERS_MAX)
  .refine(
    (text) => !/\{(?!\/)[^}]*\}/.test(text),
    "between braces stands a path that begins with a slash: {/alert/name}",
  );
const word = z.string().min(1).max(128);
const pointer = z
  .string()
  .max(500)
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, "use a path such as /alerts (a JSON pointer)");

/**
 * How a body of somebody's own becomes alerts. Fields are text in which `{/path/to/value}` (a JSON pointer, RFC 6901)
 * stands for what the body holds there; what is not there is empty.
 */
export const webhookTemplate = z.strictObject({
  /** a list in the body: one alert for each item, to which the paths then belong; without it the body is one alert */
  each: pointer.optional(),
  title: field,
  /** what is the same alert; the same text while it is open is a repeat */
  key: field,
  text: field.optional(),
  /** trigger, acknowledge or resolve, or a word that `actions` explains; without it every body is a trigger */
  action: field.optional(),
  actions: z.record(word, z.enum(["trigger", "acknowledge", "resolve"])).optional(),
  severity: field.optional(),
  severities: z.record(word, severity).optional(),
  group: field.optional(),
  startsAt: field.optional(),
  link: field.optional(),
  labels: z.record(word, field).optional(),
  annotations: z.record(word, field).optional(),
});
export type WebhookTemplate = z.infer<typeof webhookTemplate>;

/** @returns what a JSON pointer leads to, or undefined; only what the value itself holds counts */
export function followPointer(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split("/").slice(1)) {
    if (typeof at !== "object" || at === null) return undefined;
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!Object.hasOwn(at, name)) return undefined;
    const next: unknown = Reflect.get(at, name);
    at = next;
  }
  return at;
}

/** @returns the text with each `{/path}` replaced; objects and lists stand as JSON */
export function fillIn(text: string, body: unknown): string {
  return text.replaceAll(/\{(\/[^}]*)\}/g, (_, path: string) => {
    const found = followPointer(body, path);
    return typeof found === "string" ? found : describe(found);
  });
}

/** Nesting without end must not exhaust the stack. */
function describe(value: unknown): string {
  if (value === undefined || value === null) return "";
  try {
    return JSON.stringify(value).slice(0, 4_096);
  } catch {
    return "";
  }
}
