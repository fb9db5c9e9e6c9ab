import { severity } from "@firebreak/protocol";
import type { IndicatorType } from "@firebreak/protocol";
import { z } from "zod";
import { messageOf } from "../kernel/index.ts";
import type { Candidate, Read, Refusal } from "./candidate.ts";
import { OWN_IDENTITY, SEVERITY_LABEL } from "./stix-objects.ts";
import { parseStixPattern } from "./stix-pattern.ts";
import { tlpOfMarkings } from "./tlp.ts";

/** What one request reads; the command line sends larger files in parts. */
const OBJECTS_MAX = 100_000;

const indicator = z.object({
  type: z.literal("indicator"),
  name: z.string().optional(),
  description: z.string().optional().catch(undefined),
  pattern: z.string().max(10_000),
  pattern_type: z.string().optional(),
  valid_until: z.string().optional(),
  revoked: z.boolean().optional(),
  confidence: z.number().int().min(0).max(100).optional().catch(undefined),
  created_by_ref: z.string().optional(),
  labels: z.array(z.string()).default([]).catch([]),
  external_references: z
    .array(z.object({ source_name: z.string() }))
    .default([])
    .catch([]),
  object_marking_refs: z.array(z.string()).default([]).catch([]),
});
type StixIndicator = z.infer<typeof indicator>;

const bundle = z.union([
  z
    .object({ type: z.literal("bundle"), objects: z.array(z.unknown()).default([]) })
    .transform(({ objects }) => objects),
  z.array(z.unknown()),
  z.looseObject({ type: z.string() }).transform((object) => [object]),
]);

/**
 * STIX 2.1: a bundle, a list of objects or one. Of indicators whose pattern compares one value with `=` or `IN`, or
 * several joined by OR, each value is taken; other patterns are refused by name. Objects of other types are passed over, and
 * no reference is followed: nothing can go in circles.
 */
export function readStix(content: string): Read {
  const candidates: Candidate[] = [];
  const refusals: Refusal[] = [];
  for (const [index, object] of parseObjects(content, refusals).entries()) {
    if (!isIndicator(object)) continue;
    const parsed = indicator.safeParse(object);
    const place = idOf(object) ?? `object ${index + 1}`;
    if (!parsed.success) refusals.push({ place, message: "is no indicator of STIX 2.1: it has no pattern" });
    else addCandidates(parsed.data, place, candidates, refusals);
  }
  return { candidates, refusals };
}

function parseObjects(content: string, refusals: Refusal[]): readonly unknown[] {
  try {
    const parsed = bundle.safeParse(JSON.parse(content));
    if (parsed.success && parsed.data.length <= OBJECTS_MAX) return parsed.data;
    if (parsed.success) {
      const message = `holds ${parsed.data.length} objects; ${OBJECTS_MAX} are read at once: send it in parts`;
      refusals.push({ place: "the file", message });
    } else refusals.push({ place: "the file", message: "is no STIX 2.1 bundle, object or list of objects" });
  } catch (fault) {
    refusals.push({ place: "the file", message: `is no JSON: ${messageOf(fault)}` });
  }
  return [];
}

function idOf(object: unknown): string | undefined {
  const parsed = z.object({ id: z.string() }).safeParse(object);
  return parsed.data?.id.slice(0, 200);
}

function isIndicator(object: unknown): boolean {
  return typeof object === "object" && object !== null && "type" in object && object.type === "indicator";
}

function addCandidates(object: StixIndicator, place: string, candidates: Candidate[], refusals: Refusal[]): void {
  if (object.revoked === true) return;
  const comparisons = readComparisons(object);
  if (typeof comparisons === "string") {
    refusals.push({ place, message: comparisons });
    return;
  }
  const shared = {
    place,
    expiresAt: object.valid_until,
    confidence: object.confidence,
    tlp: tlpOfMarkings(object.object_marking_refs),
    ...readOwn(object),
  };
  for (const { type, value } of comparisons) candidates.push({ ...shared, type: typeOf(type, value), value });
}

/** @returns the values that the pattern names, or why none can be had */
function readComparisons({ pattern, pattern_type: language = "stix" }: StixIndicator) {
  // patterns of PCRE that RE2 takes mean the same in both
  if (language === "pcre") return [{ type: "pattern" as const, value: pattern }];
  if (language !== "stix") return `is written in ${language.slice(0, 64)}; only STIX patterns and PCRE are read`;
  const parsed = parseStixPattern(pattern);
  return parsed.ok ? parsed.comparisons : parsed.message;
}

/** What we exported says more: source and severity; its name only repeats the value. */
function readOwn({
  name,
  description,
  created_by_ref: maker,
  labels,
  external_references: references,
}: StixIndicator): Partial<Candidate> {
  if (maker !== OWN_IDENTITY.id) return { description: name ?? description };
  const label = labels.find((one) => one.startsWith(SEVERITY_LABEL));
  return {
    description,
    severity: severity.safeParse(Number(label?.slice(SEVERITY_LABEL.length))).data,
    source: references[0]?.source_name,
  };
}

/** STIX writes networks as addresses. */
function typeOf(type: IndicatorType, value: string): IndicatorType {
  return type === "ip" && value.includes("/") ? "cidr" : type;
}
