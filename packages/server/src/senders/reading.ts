import type { Severity } from "@firebreak/protocol";
import type { Signal } from "../alerts/index.ts";
import { readSeverity } from "./severity.ts";
import type { Scale } from "./severity.ts";

/** What a reader made of a body. Readers are pure: no body makes them throw. */
export type Reading = { readonly ok: true; readonly signals: readonly Signal[] } | Refused;

/** A body that is not as its vendor's format says: each fault a sentence. */
export interface Refused {
  readonly ok: false;
  readonly errors: readonly string[];
}

/** What readers know of the source beside the body. */
export interface ReaderContext {
  readonly source: string;
  readonly kind: string;
  readonly strict: boolean;
  readonly severities: Readonly<Record<string, Severity>>;
  readonly staleAfterMs: number | null;
  readonly nowMs: number;
  /** a fresh key for what has none */
  readonly newKey: () => string;
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refuse(...errors: readonly string[]): Refused {
  return { ok: false, errors };
}

/** Most signals one request may carry. */
export const SIGNALS_MAX = 5_000;

const TITLE_CHARACTERS_MAX = 1_024;
const TEXT_CHARACTERS_MAX = 15_000;
const KEY_CHARACTERS_MAX = 512;
const LABEL_CHARACTERS_MAX = 4_096;
const DETAIL_LEVELS_MAX = 12;
const DETAIL_CHARACTERS_MAX = 12_000;

/** @returns text of valid Unicode without NUL, cut to so many characters; empty for what is no text */
export function textOf(value: unknown, charactersMax: number = TITLE_CHARACTERS_MAX): string {
  if (typeof value !== "string") return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  const clean = value.toWellFormed().replaceAll("\u0000", "\uFFFD");
  return clean.length <= charactersMax ? clean : `${clean.slice(0, charactersMax - 1).toWellFormed()}…`;
}

/** @returns the first that holds more than white space */
export function firstText(...values: readonly unknown[]): string {
  return values.map((value) => textOf(value)).find((text) => text.trim() !== "") ?? "";
}

/** @returns a longer text, or null when there is none */
export function longTextOf(value: unknown): string | null {
  const text = textOf(value, TEXT_CHARACTERS_MAX);
  return text.trim() === "" ? null : text;
}

/** @returns whether a text can be a key as it is: keys are never cut, or two would become one */
export function isKey(value: unknown, charactersMax: number = KEY_CHARACTERS_MAX): value is string {
  if (typeof value !== "string" || value === "" || value.length > charactersMax) return false;
  return value.isWellFormed() && !value.includes("\u0000");
}

/** Labels and annotations: text for each name; an empty one is as good as none (Prometheus) and is left out. */
export function labelsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  const entries = Object.entries(value)
    .map(([name, member]) => [textOf(name), textOf(member, LABEL_CHARACTERS_MAX)] as const)
    .filter(([name, text]) => name !== "" && text !== "");
  return Object.fromEntries(entries);
}

/** @returns links that a person may follow: http and https only */
export function linksOf(candidates: readonly { href: unknown; text: unknown }[]): Signal["links"] {
  const links = candidates.flatMap(({ href, text }) => {
    if (typeof href !== "string" || !URL.canParse(href)) return [];
    const url = new URL(href);
    if (url.protocol !== "http:" && url.protocol !== "https:") return [];
    return [{ href: url.href, text: textOf(text) || url.host }];
  });
  const seen = new Set<string>();
  return links.filter(({ href }) => !seen.has(href) && seen.add(href));
}

const GO_ZERO_TIME_MS = Date.parse("0001-01-01T00:00:00Z");
const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:?\d\d)$/;

/** @returns milliseconds since 1970, or null for what is no time with a zone, and for Go's zero time */
export function timeOf(value: unknown): number | null {
  if (typeof value !== "string" || !TIME.test(value)) return null;
  const ms = Date.parse(value.replace(" ", "T").replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(ms) || ms === GO_ZERO_TIME_MS || ms < 0 ? null : ms;
}

/** @returns the object cut to a depth and size that can be kept, instead of being left out as a whole */
export function detailOf(value: Json): Json {
  const bounded = bound(value, 0, { left: DETAIL_CHARACTERS_MAX });
  return isObject(bounded) ? bounded : {};
}

const CUT = "…";

function bound(value: unknown, level: number, room: { left: number }): unknown {
  if (typeof value === "string") {
    const text = textOf(value, Math.max(1, room.left));
    room.left -= text.length;
    return text;
  }
  if (typeof value !== "object" || value === null) {
    room.left -= 8;
    return value;
  }
  if (level >= DETAIL_LEVELS_MAX || room.left <= 0) return CUT;
  if (Array.isArray(value)) return boundItems(value, level, room);
  const entries: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (room.left <= 0) break;
    room.left -= name.length + 4;
    entries.push([textOf(name), bound(member, level + 1, room)]);
  }
  return Object.fromEntries(entries);
}

function boundItems(items: readonly unknown[], level: number, room: { left: number }): unknown[] {
  const kept: unknown[] = [];
  for (const item of items) {
    if (room.left <= 0) return [...kept, CUT];
    room.left -= 1;
    kept.push(bound(item, level + 1, room));
  }
  return kept;
}

/** Reads a severity; what is not known is taken for `error` with a note, or refused when the source is strict. */
export function judgeSeverity(
  ctx: ReaderContext,
  scale: Scale,
  word: unknown,
): { readonly severity: Severity; readonly notes: readonly string[]; readonly refusal: string | null } {
  const { severity, fault } = readSeverity(scale, word, ctx.severities);
  if (fault === null) return { severity, notes: [], refusal: null };
  if (ctx.strict) return { severity, notes: [], refusal: fault };
  return { severity, notes: [`normalised: ${fault}; taken as error`], refusal: null };
}

/** A signal with what most senders leave out. */
export function signalOf(
  ctx: ReaderContext,
  own: Pick<Signal, "key" | "action" | "title" | "severity"> & Partial<Signal>,
): Signal {
  return {
    source: ctx.source,
    kind: ctx.kind,
    text: null,
    labels: {},
    annotations: {},
    links: [],
    startsAtMs: ctx.nowMs,
    endsAtMs: null,
    staleAfterMs: ctx.staleAfterMs,
    groupKey: null,
    ...agentOf(own.labels ?? {}),
    detail: {},
    notes: [],
    ...own,
  };
}

/** Which agent an alert is about, where its labels or details say so. */
export function agentOf(labels: Json): Pick<Signal, "agentId" | "pack"> {
  return {
    agentId: firstText(labels["firebreak_agent"], labels["agent_id"]) || null,
    pack: firstText(labels["firebreak_pack"], labels["agent_pack"]) || null,
  };
}
