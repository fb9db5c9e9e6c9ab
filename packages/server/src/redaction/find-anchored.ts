import type { Charset } from "./char-class.ts";
import { CHARSETS, FOLDED, endOfRun, entropyOf, isIn } from "./char-class.ts";
import type { Report } from "./finding.ts";
import { findBearer, findLabelled } from "./find-labelled.ts";
import { KEY_FORMATS, PUBLISHED_EXAMPLES } from "./key-formats.ts";
import type { KeyFormat } from "./key-formats.ts";

const ENTROPY_MIN = 2.5;

/** What begins at an anchor. @returns where the search goes on: behind what was found, else at the anchor */
type Handle = (scan: Scan, at: number) => number;

interface Anchor {
  /** three characters or more, lower case */
  readonly literal: string;
  /** the text as it must stand, or undefined when case does not matter */
  readonly exact: string | undefined;
  readonly handle: Handle;
}

interface Scan {
  readonly text: string;
  readonly report: Report;
  /** per set of characters the end of the last run, so that no run is walked twice; made when a key may begin */
  runEnds: Record<Charset, number> | undefined;
  hints: Set<Hint> | undefined;
}

/** Words beside which dearer patterns are worth a look. */
export type Hint = "street" | "birth";

const HINTS: readonly (readonly [Hint, readonly string[]])[] = [
  [
    "street",
    " street, st., st, avenue, ave, road, rd, boulevard, blvd, lane, ln, drive, court, ct, terrace, square, parkway, highway"
      .split(",")
      .map((word) => (word.length < 4 ? `${word} ` : word)),
  ],
  ["street", ["stra", "weg ", "platz ", "allee ", "gasse "]],
  ["birth", ["born", "birth", "dob", "d.o.b", "geboren", "geburt"]],
];

/** Names of secrets, as far as they tell them from others; the whole name is judged where one is found. */
const LABELS = [
  "passw",
  "passphrase",
  "passcode",
  "pwd",
  "_pass",
  "pass=",
  "secret",
  "token",
  "apikey",
  "api_key",
  "api-key",
  "api key",
  "accesskey",
  "access_key",
  "access-key",
  "private_key",
  "private-key",
  "privatekey",
  "account_key",
  "accountkey",
  "signing_key",
  "encryption_key",
  "master_key",
  "auth_key",
  "license_key",
  "credential",
  "cookie",
  "mnemonic",
  "ssn",
  "social_security",
  "card_number",
  "credit_card",
  "account_number",
  "routing_number",
  "sort_code",
  "date_of_birth",
  "dob",
  "birth",
  "geburtsdatum",
  "first_name",
  "last_name",
  "full_name",
  "phone",
  "user_id",
  "userid",
  "user-id",
  "username",
  "customer_id",
  "latitude",
  "longitude",
  "geolocation",
] as const;

const ANCHORS: readonly Anchor[] = [
  ...KEY_FORMATS.flatMap((format) =>
    format.prefixes.map((prefix) => ({
      literal: prefix.toLowerCase(),
      exact: prefix,
      handle: (scan: Scan, at: number) => findKey(scan, at, prefix, format),
    })),
  ),
  ...LABELS.map((literal) => ({
    literal,
    exact: undefined,
    handle: ({ text, report }: Scan, at: number) => findLabelled(text, at, literal.replace("=", "").length, report),
  })),
  ...HINTS.flatMap(([hint, literals]) =>
    literals.map((literal) => ({
      literal,
      exact: undefined,
      handle: (scan: Scan, at: number) => {
        (scan.hints ??= new Set()).add(hint);
        return at;
      },
    })),
  ),
  ...["bearer ", "basic "].map((literal) => ({
    literal,
    exact: undefined,
    handle: ({ text, report }: Scan, at: number) => findBearer(text, at, literal.length, report),
  })),
];

/**
 * Which anchors begin with three characters: one look per character of a text, whatever the number of formats. Each
 * character is five bits, so that others may fall together; what is found is compared.
 */
const BUCKETS: Anchor[][] = [[]];
const TABLE = new Uint16Array(1 << 15);
const CODES = new Uint8Array(128);
for (let unit = 0; unit < 128; unit++) CODES[unit] = (FOLDED[unit] ?? 0) & 31;

const join = (rolled: number, unit: number) => ((rolled << 5) | (CODES[unit] ?? 0)) & 0x7fff;

// the longest first: `sk-ant-` says more than `sk-`
for (const anchor of ANCHORS.toSorted((left, right) => right.literal.length - left.literal.length)) {
  const { literal } = anchor;
  const place = join(join(join(0, literal.charCodeAt(0)), literal.charCodeAt(1)), literal.charCodeAt(2));
  if (TABLE[place] === 0) TABLE[place] = BUCKETS.push([]) - 1;
  BUCKETS[TABLE[place] ?? 0]?.push(anchor);
}

/** Finds keys by their beginnings and values by the names before them, in one pass. @returns what else to look for */
export function findAnchored(text: string, report: Report): ReadonlySet<Hint> {
  const scan: Scan = { text, report, runEnds: undefined, hints: undefined };
  let rolled = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    rolled = unit < 128 ? join(rolled, unit) : 0;
    const bucket = TABLE[rolled] ?? 0;
    if (bucket === 0 || at < 2) continue;
    const next = tryAnchors(scan, at - 2, BUCKETS[bucket] ?? []);
    if (next <= at) continue;
    at = next - 1;
    rolled = 0;
  }
  return scan.hints ?? NO_HINTS;
}

const NO_HINTS: ReadonlySet<Hint> = new Set();

const NO_RUNS: Record<Charset, number> = { ...CHARSETS };
for (const set of Object.keys(CHARSETS)) Object.assign(NO_RUNS, { [set]: 0 });

function tryAnchors(scan: Scan, at: number, anchors: readonly Anchor[]): number {
  for (const { literal, exact, handle } of anchors) {
    const stands = exact === undefined ? standsFolded(scan.text, literal, at) : scan.text.startsWith(exact, at);
    if (!stands) continue;
    const next = handle(scan, at);
    if (next > at) return next;
  }
  return at;
}

function standsFolded(text: string, literal: string, at: number): boolean {
  for (let offset = 0; offset < literal.length; offset++) {
    const unit = text.charCodeAt(at + offset);
    if (unit >= 128 || FOLDED[unit] !== literal.charCodeAt(offset)) return false;
  }
  return at + literal.length <= text.length;
}

function findKey(scan: Scan, at: number, prefix: string, format: KeyFormat): number {
  const { text } = scan;
  if (format.edge === true && isIn(text, at - 1, "alnum")) return at;
  const start = at + prefix.length;
  const runEnds = (scan.runEnds ??= { ...NO_RUNS });
  if (runEnds[format.of] <= start) runEnds[format.of] = endOfRun(text, start, format.of);
  const end = trimEnd(text, start, runEnds[format.of]);
  if (end - start < format.min || end - start > (format.max ?? Infinity)) return at;
  if (entropyOf(text, start, end) < (format.entropy ?? ENTROPY_MIN)) return at;
  if (PUBLISHED_EXAMPLES.has(text.slice(at, end))) return end;
  scan.report(at, end, "KEY", format.type);
  return end;
}

/** A full stop or hyphen behind a key belongs to the sentence. */
function trimEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && (text.charCodeAt(last - 1) === DOT || text.charCodeAt(last - 1) === HYPHEN)) last -= 1;
  return last;
}

const DOT = 0x2e;
const HYPHEN = 0x2d;
