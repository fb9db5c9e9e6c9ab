/**
 * Every identifier kind in one registry. An id is `<prefix>_<26 Crockford base32 characters>`: 48 bits of
 * milliseconds and 80 random bits (the ULID layout), so ids sort by creation time.
 */
export const ID_PREFIXES = {
  action: "act",
  alert: "alr",
  apiToken: "tok",
  archiveSegment: "seg",
  personErasure: "pse",
  approval: "apr",
  auditRecord: "aud",
  change: "chg",
  delivery: "dlv",
  drill: "drl",
  erasure: "ers",
  event: "evt",
  evidence: "evd",
  export: "exp",
  hold: "hld",
  legalHold: "lgh",
  indicator: "ind",
  indicatorScan: "isc",
  originalKey: "key",
  quarantine: "qtn",
  reaction: "rct",
  replay: "rpl",
  retentionNotice: "ntc",
  request: "req",
  run: "run",
  savedView: "viw",
  session: "ses",
  signInLink: "lnk",
  silence: "sil",
  source: "src",
  stop: "stp",
  supervisor: "sup",
  user: "usr",
  webSession: "web",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<K extends IdKind> = string & { readonly __idKind?: K };

export type ActionId = Id<"action">;
export type AlertId = Id<"alert">;
export type ApprovalId = Id<"approval">;
export type DeliveryId = Id<"delivery">;
export type EvidenceId = Id<"evidence">;
export type HoldId = Id<"hold">;
export type RunId = Id<"run">;
export type SessionId = Id<"session">;
export type StopId = Id<"stop">;

/** An incident's id follows the profile's pattern, for example `INC-2026-0001`. */
export type IncidentId = string;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

function encodeTime(timeMs: number): string {
  let rest = timeMs;
  let text = "";
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** @param random ten bytes or more of randomness */
export function formatId<K extends IdKind>(kind: K, timeMs: number, random: Uint8Array): Id<K> {
  let text = "";
  for (let i = 0; i < RANDOM_CHARACTERS; i++) text += ALPHABET.charAt((random[i] ?? 0) & 31);
  return `${ID_PREFIXES[kind]}_${encodeTime(timeMs)}${text}`;
}

/** @returns true when `text` is an id of that kind */
export function isId(kind: IdKind, text: string): boolean {
  return new RegExp(`^${ID_PREFIXES[kind]}_[${ALPHABET}]{26}$`).test(text);
}
