import { randomBytes } from "node:crypto";
import { severity, sourceKind, sourceName } from "@firebreak/protocol";
import type { Severity, SourceKind, SourceView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { z } from "zod";
import type { SourcesTable } from "../storage/index.ts";
import { SIGNATURE_PRESETS, signatureScheme } from "./signature.ts";
import type { SignatureScheme } from "./signature.ts";
import { webhookTemplate } from "./template.ts";
import type { WebhookTemplate } from "./template.ts";

const HOUR_MS = 3_600_000;

/**
 * When an alert of a source counts as stale, if nobody says otherwise. Alertmanager repeats every four hours
 * (`repeat_interval`), Grafana too; the others do not repeat, so nothing follows from their silence.
 */
const STALE_AFTER_MS: Readonly<Record<SourceKind, number | null>> = {
  alertmanager: 5 * HOUR_MS,
  grafana: 5 * HOUR_MS,
  pagerduty: null,
  opsgenie: null,
  cloudevents: null,
  webhook: null,
};

const namedSignature = z.strictObject({
  preset: z.enum(Object.keys(SIGNATURE_PRESETS)),
  secret: signatureScheme.shape.secret,
  toleranceSeconds: signatureScheme.shape.toleranceSeconds.optional(),
});

/** null: never stale */
export const staleAfter = z
  .number()
  .int()
  .min(60_000)
  .max(30 * 24 * HOUR_MS)
  .nullable();

export const severityWords = z
  .record(z.string().trim().toLowerCase().min(1).max(64), severity)
  .refine((words) => Object.keys(words).length <= 50, "at most 50 words");

/** A scheme by its name, or spelled out. */
export const anySignature = z.union([namedSignature, signatureScheme]);

/** A new source. Severities are words of the sender's own; only kinds that are posted to `/hooks` have the rest. */
export const newSourceRequest = z
  .strictObject({
    name: sourceName,
    kind: sourceKind,
    strict: z.boolean().default(false),
    /** null: never stale; left out: as the kind's senders repeat */
    staleAfterMs: staleAfter.optional(),
    severities: severityWords.default({}),
    template: webhookTemplate.optional(),
    signature: anySignature.optional(),
  })
  .refine((request) => request.template === undefined || takesTemplate(request.kind), {
    message: "only sources of the kinds webhook and cloudevents have a template",
    path: ["template"],
  })
  .refine((request) => request.signature === undefined || isHook(request.kind), {
    message: "senders of this kind do not sign",
    path: ["signature"],
  });
export type NewSourceRequest = z.input<typeof newSourceRequest>;

/** Whether bodies of a kind are of the sender's own format. */
export function takesTemplate(kind: SourceKind): boolean {
  return kind === "cloudevents" || kind === "webhook";
}

/** Whether a kind is posted to `/hooks/NAME`; the others have their vendor's own addresses. */
export function isHook(kind: SourceKind): boolean {
  return kind !== "pagerduty" && kind !== "opsgenie";
}

/** @returns the staleness that a request asks for */
export function staleAfterMsOf(request: z.output<typeof newSourceRequest>): number | null {
  return request.staleAfterMs === undefined ? STALE_AFTER_MS[request.kind] : request.staleAfterMs;
}

/** @returns the scheme that a request names or spells out, or null */
export function signatureOf({ signature }: z.output<typeof newSourceRequest>): SignatureScheme | null {
  return signature === undefined ? null : schemeOf(signature);
}

/** @returns the scheme that is named or spelled out */
export function schemeOf(signature: z.output<typeof anySignature>): SignatureScheme {
  if (!("preset" in signature)) return signature;
  const preset = Object.entries(SIGNATURE_PRESETS).find(([name]) => name === signature.preset)?.[1];
  const { secret, toleranceSeconds } = signature;
  return signatureScheme.parse({ ...preset, secret, ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }) });
}

/** A configured sender, as the doors use it. */
export interface Source {
  readonly name: string;
  readonly kind: SourceKind;
  readonly strict: boolean;
  readonly staleAfterMs: number | null;
  readonly severities: Readonly<Record<string, Severity>>;
  readonly template: WebhookTemplate | null;
  readonly signature: SignatureScheme | null;
  /** how messages were proved before that was changed, and until when they still are; the scheme null: by the key */
  readonly before: { readonly signature: SignatureScheme | null; readonly untilMs: number } | null;
}

export type SourceRow = Selectable<SourcesTable>;

function settingsOf(row: SourceRow) {
  return {
    name: row.name,
    kind: row.kind,
    strict: row.strict,
    staleAfterMs: row.stale_after_ms === null ? null : Number(row.stale_after_ms),
    severities: row.severities,
  };
}

export function toSource(row: SourceRow): Source {
  return {
    ...settingsOf(row),
    template: row.template === null ? null : webhookTemplate.parse(row.template),
    signature: readScheme(row.signature),
    before:
      row.previous_signature_until === null
        ? null
        : { signature: readScheme(row.previous_signature), untilMs: row.previous_signature_until.getTime() },
  };
}

const readScheme = (stored: SourceRow["signature"]): SignatureScheme | null =>
  stored === null ? null : signatureScheme.parse(stored);

export function toSourceView(row: SourceRow): SourceView {
  return {
    ...settingsOf(row),
    template: row.template,
    signature: row.signature,
    createdAt: row.created_at.toISOString(),
    previousKeyUntil: row.previous_key_until?.toISOString() ?? null,
    previousName: row.previous_name,
    previousNameUntil: row.previous_name_until?.toISOString() ?? null,
    previousSignatureUntil: row.previous_signature_until?.toISOString() ?? null,
    lastHeardAt: row.last_heard_at?.toISOString() ?? null,
    accepted: Number(row.accepted),
    refused: Number(row.refused),
  };
}

const KEY_PREFIX = "fbs";
const KEY_RANDOM_CHARACTERS = 29;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const KEY = new RegExp(`^[A-Za-z0-9]{${KEY_PREFIX.length + KEY_RANDOM_CHARACTERS}}$`);

/** @returns a key of 32 letters and digits, as PagerDuty's are, with 145 random bits */
export function newSourceKey(): string {
  const random = Array.from(randomBytes(KEY_RANDOM_CHARACTERS), (byte) => ALPHABET.charAt(byte & 31));
  return KEY_PREFIX + random.join("");
}

/** @returns whether a text has the form of a key, ours or PagerDuty's */
export function isKeyShaped(text: unknown): text is string {
  return typeof text === "string" && KEY.test(text);
}
