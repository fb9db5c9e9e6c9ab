/** Sources: senders of other vendors that are let in. */
import { z } from "zod";
import { severity } from "./severity.ts";

export const SOURCE_KINDS = ["alertmanager", "pagerduty", "opsgenie", "grafana", "cloudevents", "webhook"] as const;
export const sourceKind = z.enum(SOURCE_KINDS);
export type SourceKind = z.infer<typeof sourceKind>;

export const sourceName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "use small letters, digits and . _ -, beginning with a letter or digit");

const time = z.string();

/** A configured sender, and how it fares. */
export const sourceView = z.object({
  name: sourceName,
  kind: sourceKind,
  /** answers a message with an unknown severity by a refusal instead of reading it as `error` */
  strict: z.boolean(),
  /** an alert not heard again for so long is marked stale; null: never */
  staleAfterMs: z.number().int().nullable(),
  /** words of this sender for severities, before the vendor's own */
  severities: z.record(z.string(), severity),
  /** how bodies are read; null: by the format of the kind */
  template: z.record(z.string(), z.unknown()).nullable(),
  /** how bodies are signed; null: the key proves the sender */
  signature: z.record(z.string(), z.unknown()).nullable(),
  createdAt: time,
  /** until then the key before the last rotation works too */
  previousKeyUntil: time.nullable(),
  /** until then its address with this name works too */
  previousName: z.string().nullable(),
  previousNameUntil: time.nullable(),
  /** until then messages that are proved as before the last change are taken too */
  previousSignatureUntil: time.nullable(),
  lastHeardAt: time.nullable(),
  /** messages taken in and refused since the source was made */
  accepted: z.number().int(),
  refused: z.number().int(),
});
export type SourceView = z.infer<typeof sourceView>;

/** The key is shown once, with the lines to paste into the sender's configuration. */
export const newSourceView = z.object({ source: sourceView, key: z.string(), setup: z.string() });
export type NewSourceView = z.infer<typeof newSourceView>;

/** A message that was refused, so that a mistyped key or a broken template is found. */
export const refusalView = z.object({
  id: z.string(),
  at: time,
  /** null when the key belongs to no source */
  source: z.string().nullable(),
  endpoint: z.string(),
  reason: z.string(),
  /** what the message was about, as far as it could be read */
  summary: z.string(),
});
export type RefusalView = z.infer<typeof refusalView>;

export const sourceDetail = z.object({ source: sourceView, setup: z.string(), refusals: z.array(refusalView) });
export type SourceDetail = z.infer<typeof sourceDetail>;

/** Something that was changed somewhere, such as a deployment: the first thing to ask about in an incident. */
export const changeView = z.object({
  id: z.string(),
  source: z.string(),
  at: time,
  summary: z.string(),
  origin: z.string().nullable(),
  links: z.array(z.object({ href: z.string(), text: z.string() })),
  detail: z.record(z.string(), z.unknown()),
});
export type ChangeView = z.infer<typeof changeView>;

/** What a body would become if a sender sent it; nothing is kept. */
export const sourceTestView = z.object({
  alerts: z.array(
    z.object({
      key: z.string(),
      action: z.enum(["trigger", "acknowledge", "resolve"]),
      title: z.string(),
      severity,
      labels: z.record(z.string(), z.string()),
      notes: z.array(z.string()),
    }),
  ),
  errors: z.array(z.string()),
});
export type SourceTestView = z.infer<typeof sourceTestView>;
