/** A value as an event may hold it, of one that may be anything. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Below what an event may nest, with room for where the value is put. */
const LEVELS_MAX = 24;
const TEXT_HEAD = 24 * 1024;
const TEXT_TAIL = 8 * 1024;
const MEMBERS_MAX = 2_000;

/**
 * Makes a value fit into an event and keeps what it can: long texts lose their middle, what nests too deep becomes a
 * note, numbers beyond JSON become text. Cut, not refused: an agent must not hide an act by making its record too large.
 */
export function boundValue(value: unknown, levels = LEVELS_MAX): Json {
  if (typeof value === "string") return cutText(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "boolean") return value;
  return typeof value === "object" && value !== null ? boundObject(value, levels) : null;
}

function boundObject(value: object, levels: number): Json {
  if (levels === 0) return "(nested too deep to be kept here)";
  if (Array.isArray(value)) {
    const kept = value.slice(0, MEMBERS_MAX).map((item) => boundValue(item, levels - 1));
    return value.length > MEMBERS_MAX ? [...kept, `(and ${value.length - MEMBERS_MAX} more)`] : kept;
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const kept = entries.slice(0, MEMBERS_MAX).map(([key, member]) => [boundKey(key), boundValue(member, levels - 1)]);
  return Object.fromEntries(kept);
}

function boundKey(key: string): string {
  return key === "__proto__" ? "(proto)" : cutText(key).slice(0, 1024).toWellFormed();
}

/** @returns the text, well-formed; of a long one the beginning and the end, with what lies between counted */
export function cutText(text: string, head = TEXT_HEAD, tail = TEXT_TAIL): string {
  if (text.length <= head + tail) return text.toWellFormed();
  const cut = text.length - head - tail;
  return `${text.slice(0, head)}…(${cut} characters cut)…${text.slice(text.length - tail)}`.toWellFormed();
}
