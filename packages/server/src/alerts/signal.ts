import { createHash } from "node:crypto";
import { entityName, SEVERITY_NAMES, severity } from "@firebreak/protocol";
import type { AlertLink } from "@firebreak/protocol";
import { z } from "zod";
import { toStorableText } from "./storable-text.ts";

/** What a sender says about one alert, after its wire format was read. */
export interface Signal {
  /** id or name of the configured source: who sent it */
  readonly source: string;
  /** the format: `alertmanager`, `pagerduty`, `opsgenie`, `grafana`, `cloudevents`, `webhook` … */
  readonly kind: string;
  /** identity of the alert within the source, 512 characters at most (fingerprint, dedup_key, alias) */
  readonly key: string;
  readonly action: "trigger" | "acknowledge" | "resolve";
  readonly title: string;
  readonly text: string | null;
  readonly severity: 1 | 2 | 3 | 4;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly links: readonly AlertLink[];
  /** milliseconds since 1970 */
  readonly startsAtMs: number;
  /** the sender's contract: resolves by itself then; a later signal extends it */
  readonly endsAtMs: number | null;
  /** not heard again for so long: marked stale, never resolved silently */
  readonly staleAfterMs: number | null;
  readonly groupKey: string | null;
  /** from labels */
  readonly agentId: string | null;
  readonly pack: string | null;
  /** the original, bounded */
  readonly detail: Readonly<Record<string, unknown>>;
  /** what was read otherwise than it was sent: "severity: 'bogus' read as error" */
  readonly notes: readonly string[];
}

/** The last millisecond of the year 9999: what ISO 8601 and PostgreSQL both write. */
const TIME_MAX_MS = 253_402_300_799_999;
const time = z.number().min(0).max(TIME_MAX_MS);
const texts = z.record(z.string(), z.string());

/** What a receiver guarantees; a signal that breaks it is a fault of ours, not of the sender. */
export const signalSchema = z.strictObject({
  source: z.string().min(1).max(128),
  kind: z.string().min(1).max(64),
  key: z.string().min(1).max(512),
  action: z.enum(["trigger", "acknowledge", "resolve"]),
  title: z.string(),
  text: z.string().nullable(),
  severity,
  labels: texts,
  annotations: texts,
  links: z.array(z.strictObject({ href: z.string(), text: z.string() })),
  startsAtMs: time,
  endsAtMs: time.nullable(),
  staleAfterMs: z.number().min(0).max(TIME_MAX_MS).nullable(),
  groupKey: z.string().nullable(),
  agentId: z.string().nullable(),
  pack: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  notes: z.array(z.string()),
});

const LIMITS = {
  titleCharacters: 1_024,
  textCharacters: 8_000,
  pairs: 64,
  nameCharacters: 128,
  valueCharacters: 1_024,
  links: 20,
  hrefCharacters: 2_048,
  notes: 20,
  noteCharacters: 300,
  groupKeyCharacters: 1_024,
  detailCharacters: 16_384,
} as const;

/**
 * Brings a signal into bounds, fills the labels that every alert has, and notes what was changed.
 * Pure, and the same signal always gives the same result.
 */
export function normaliseSignal(signal: Signal): Signal {
  const notes: string[] = [];
  const clip = (what: string, text: string, charactersMax: number) => clipText(text, charactersMax, what, notes);
  const title = clip("title", signal.title.trim(), LIMITS.titleCharacters);
  if (title === "") notes.push("title: it was empty, the key stands for it");
  const agentId = nameOrNull("agent", signal.agentId, notes);
  const pack = nameOrNull("pack", signal.pack, notes);
  const bounded = {
    ...signal,
    source: toStorableText(signal.source),
    key: toStorableText(signal.key),
    title: title === "" ? toStorableText(signal.key) : title,
    text: signal.text === null ? null : clip("text", signal.text, LIMITS.textCharacters),
    annotations: boundPairs("annotations", signal.annotations, notes),
    links: boundLinks(signal.links, notes),
    groupKey: signal.groupKey === null ? null : boundGroupKey(signal.groupKey),
    agentId,
    pack,
    detail: boundDetail(signal.detail, notes),
  };
  const labels = fillLabels(bounded, boundPairs("labels", signal.labels, notes));
  const all = [...signal.notes, ...notes].slice(0, LIMITS.notes);
  return { ...bounded, labels, notes: all.map((note) => clipText(note, LIMITS.noteCharacters)) };
}

/** The sender's own labels win; `firebreak_` names are ours. */
function fillLabels(
  signal: Pick<Signal, "title" | "severity" | "agentId" | "pack" | "source" | "kind">,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    alertname: signal.title,
    severity: SEVERITY_NAMES[signal.severity],
    ...(signal.agentId === null ? {} : { agent: signal.agentId }),
    ...(signal.pack === null ? {} : { pack: signal.pack }),
    ...own,
    firebreak_source: signal.source,
    firebreak_kind: signal.kind,
  };
}

function clipText(text: string, charactersMax: number, what?: string, notes?: string[]): string {
  const clean = toStorableText(text);
  if (clean.length <= charactersMax) return clean;
  if (what !== undefined) notes?.push(`${what}: cut to ${charactersMax} characters`);
  return `${clean.slice(0, charactersMax - 1).toWellFormed()}…`;
}

function nameOrNull(what: string, name: string | null, notes: string[]): string | null {
  if (name === null || entityName.safeParse(name).success) return name;
  notes.push(`${what}: ${JSON.stringify(clipText(name, LIMITS.nameCharacters))} is no name of one, left out`);
  return null;
}

function boundPairs(what: string, pairs: Readonly<Record<string, string>>, notes: string[]): Record<string, string> {
  const all = Object.entries(pairs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (all.length > LIMITS.pairs) notes.push(`${what}: the first ${LIMITS.pairs} of ${all.length} by name are kept`);
  return Object.fromEntries(
    all
      .slice(0, LIMITS.pairs)
      .map(([name, value]) => [
        clipText(name, LIMITS.nameCharacters, what, notes),
        clipText(value, LIMITS.valueCharacters, `${what}: ${name}`, notes),
      ]),
  );
}

function boundLinks(links: readonly AlertLink[], notes: string[]): AlertLink[] {
  const good = links.filter(({ href }) => href.length <= LIMITS.hrefCharacters && isWebAddress(href));
  const kept = good.slice(0, LIMITS.links);
  if (kept.length < links.length)
    notes.push(`links: ${kept.length} of ${links.length} are web addresses that are kept`);
  return kept.map(({ href, text }) => ({ href: toStorableText(href), text: clipText(text, LIMITS.noteCharacters) }));
}

function isWebAddress(href: string): boolean {
  return URL.canParse(href) && /^https?:$/.test(new URL(href).protocol);
}

/** A group's key only says whether two alerts belong together, so a long one may stand as its hash. */
function boundGroupKey(key: string): string {
  if (key.length <= LIMITS.groupKeyCharacters) return toStorableText(key);
  return createHash("sha256").update(key).digest("hex");
}

function boundDetail(detail: Readonly<Record<string, unknown>>, notes: string[]): Readonly<Record<string, unknown>> {
  const characters = JSON.stringify(detail).length;
  if (characters <= LIMITS.detailCharacters) return detail;
  notes.push(`detail: ${characters} characters, more than ${LIMITS.detailCharacters}, left out`);
  return {};
}
