import type { IndicatorType } from "@firebreak/protocol";
import { messageOf } from "../kernel/index.ts";
import type { Candidate, Read, Refusal } from "./candidate.ts";
import { listMispAttributes } from "./misp-attributes.ts";
import type { MispAttribute } from "./misp-attributes.ts";
import { tlpOfTags } from "./tlp.ts";

/** What one request reads; the command line sends larger files in parts. */
const ATTRIBUTES_MAX = 100_000;

/** Types of attributes that name one thing; `null`: told from the form. */
const TYPES: Readonly<Record<string, IndicatorType | null>> = {
  "ip-src": null,
  "ip-dst": null,
  domain: "domain",
  hostname: "domain",
  url: "url",
  email: "email",
  "email-src": "email",
  "email-dst": "email",
  "email-reply-to": "email",
  md5: "hash",
  sha1: "hash",
  sha256: "hash",
  sha512: "hash",
  btc: "wallet",
};
/** Types that name two things, joined by a bar: which of them are taken. */
const PAIRS: Readonly<Record<string, readonly [first: string | null, second: string | null]>> = {
  "ip-src|port": ["ip-src", null],
  "ip-dst|port": ["ip-dst", null],
  "hostname|port": ["hostname", null],
  "domain|ip": ["domain", "ip-dst"],
  // a name alone is weaker than the hash that comes with it
  "filename|md5": [null, "md5"],
  "filename|sha1": [null, "sha1"],
  "filename|sha256": [null, "sha256"],
  "filename|sha512": [null, "sha512"],
};

/**
 * MISP JSON. Attributes that are meant for detection (`to_ids`) are taken, those of objects too; others are passed over, as are
 * those that every decay model calls decayed. The score of the decay is the confidence.
 */
export function readMisp(content: string): Read {
  const refuseAll = (message: string): Read => ({ candidates: [], refusals: [{ place: "the file", message }] });
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (fault) {
    return refuseAll(`is no JSON: ${messageOf(fault)}`);
  }
  const entries = listMispAttributes(parsed);
  if (entries === undefined) return refuseAll("is no MISP JSON: no event, list of events or answer to a search");
  if (entries.length > ATTRIBUTES_MAX) {
    return refuseAll(`holds ${entries.length} attributes; ${ATTRIBUTES_MAX} are read at once: send it in parts`);
  }
  const candidates: Candidate[] = [];
  const refusals: Refusal[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = `attribute ${index + 1}`;
    if (entry.ok) addCandidates(entry.attribute, place, candidates, refusals);
    else refusals.push({ place, message: "has no type and value" });
  }
  return { candidates, refusals };
}

function addCandidates(attribute: MispAttribute, place: string, candidates: Candidate[], refusals: Refusal[]): void {
  if (!attribute.toIds) return;
  const { decay } = attribute;
  if (decay.length > 0 && decay.every(({ decayed }) => decayed)) return;
  const named = readNamed(attribute);
  if (named.length === 0)
    refusals.push({ place, message: `has the type ${attribute.type.slice(0, 64)}, which is not read` });
  const score = decay.length === 0 ? undefined : Math.max(...decay.map((one) => one.score));
  const shared = {
    place,
    description: [attribute.comment, attribute.info].find((text) => text !== undefined && text.trim() !== ""),
    tlp: tlpOfTags(attribute.tags) ?? tlpOfTags(attribute.eventTags),
    confidence: score === undefined ? undefined : Math.min(100, Math.max(0, Math.round(score))) || 0,
  };
  for (const { type, value } of named) candidates.push({ ...shared, type: type ?? undefined, value });
}

interface Named {
  readonly type: IndicatorType | null;
  readonly value: string;
}

function readNamed({ type, value }: MispAttribute): Named[] {
  if (type === "filename") return [{ type: /[/\\]/.test(value) ? "file_path" : "file_name", value }];
  const single = typeNamed(TYPES, type);
  if (single !== undefined) return [{ type: single, value }];
  const pair = typeNamed(PAIRS, type);
  if (pair === undefined) return [];
  const bar = value.lastIndexOf("|");
  const parts = bar < 0 ? [value, value] : [value.slice(0, bar), value.slice(bar + 1)];
  return pair.flatMap((one, at) => {
    const known = one === null ? undefined : typeNamed(TYPES, one);
    return known === undefined ? [] : [{ type: known, value: parts[at] ?? "" }];
  });
}

/** Names come from the file: `constructor` is none. */
function typeNamed<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
