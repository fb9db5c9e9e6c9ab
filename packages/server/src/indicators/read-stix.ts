import type { IndicatorType } from "@firebreak/protocol";
import { z } from "zod";
import { messageOf } from "../kernel/index.ts";
import type { Candidate, Read, Refusal } from "./candidate.ts";
import { parseStixPattern } from "./stix-pattern.ts";

const indicator = z.object({
  type: z.literal("indicator"),
  name: z.string().optional(),
  pattern: z.string().max(10_000),
  pattern_type: z.string().optional(),
  valid_until: z.string().optional(),
  revoked: z.boolean().optional(),
});

const bundle = z.union([
  z
    .object({ type: z.literal("bundle"), objects: z.array(z.unknown()).default([]) })
    .transform(({ objects }) => objects),
  z.array(z.unknown()),
  z.looseObject({ type: z.string() }).transform((object) => [object]),
]);

/**
 * STIX 2.1: a bundle, a list of objects or one. Of indicators whose pattern compares one value with `=` or `IN`, or
 * several joined by OR, each value is taken; other patterns are refused by name. Objects of other types are passed over.
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
    if (parsed.success) return parsed.data;
    refusals.push({ place: "the file", message: "is no STIX 2.1 bundle, object or list of objects" });
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

function addCandidates(
  { name, pattern, pattern_type: language = "stix", valid_until: expiresAt, revoked }: z.infer<typeof indicator>,
  place: string,
  candidates: Candidate[],
  refusals: Refusal[],
): void {
  if (revoked === true) return;
  if (language !== "stix") {
    refusals.push({ place, message: `is written in ${language}; only STIX patterns are read` });
    return;
  }
  const parsed = parseStixPattern(pattern);
  if (!parsed.ok) refusals.push({ place, message: parsed.message });
  else {
    for (const { type, value } of parsed.comparisons)
      candidates.push({ place, type: typeOf(type, value), value, description: name, expiresAt });
  }
}

/** STIX writes networks as addresses. */
function typeOf(type: IndicatorType, value: string): IndicatorType {
  return type === "ip" && value.includes("/") ? "cidr" : type;
}
