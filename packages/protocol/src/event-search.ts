/** How stored events are searched. Everything given must hold at once; what is left out does not restrict. */
import { z } from "zod";
import { EVENT_KINDS, entityName } from "./event.ts";

export const EVENT_OUTCOMES = ["success", "failure", "denied", "unknown"] as const;
export const EVENT_RISKS = ["low", "medium", "high", "critical"] as const;
/** What the intake adds to events. */
export const EVENT_MARKS = ["redacted", "indicators"] as const;

/** Limits of a search: what one question may cost. */
export const EVENT_SEARCH_LIMITS = {
  textCharactersMax: 1_024,
  termsMax: 16,
  pathsMax: 8,
  pathCharactersMax: 512,
  bucketsMax: 200,
  facetValuesMax: 50,
} as const;

/** One value, or several separated by commas, of which one must fit. */
function oneOrMore<const T extends readonly [string, ...string[]]>(values: T) {
  const known: ReadonlySet<string> = new Set(values);
  return z
    .string()
    .max(256)
    .refine((text) => text.split(",").every((part) => known.has(part)), {
      message: `use one of, or several separated by commas: ${values.join(", ")}`,
    })
    .transform((text) => [...new Set(text.split(","))] as T[number][]);
}

/** A name as the column has it, however it is spelled: what no event has simply finds nothing. */
const name = z.string().min(1).max(256);
const time = z.iso.datetime({ offset: true });
const pathText = z.string().min(1).max(EVENT_SEARCH_LIMITS.pathCharactersMax);

/**
 * - `text`: words, all of which must stand somewhere in the record; `"a phrase"` for what must stand together; `word*`
 *   for what begins so. Upper and lower case are the same.
 * - `path`: conditions on the record, such as `data.tool=exec`, `data.bytes>=1000`, `data.url~example.org`, `resource`
 * - `rule`: the events that alerts of this rule name
 */
export const eventFilterShape = {
  agent: entityName.optional(),
  pack: entityName.optional(),
  session: name.optional(),
  run: name.optional(),
  kind: oneOrMore(EVENT_KINDS).optional(),
  outcome: oneOrMore(EVENT_OUTCOMES).optional(),
  risk: oneOrMore(EVENT_RISKS).optional(),
  source: name.optional(),
  /** exactly this one; with `*` at its end, all that begin so */
  resource: z.string().min(1).max(1024).optional(),
  rule: name.optional(),
  /** events of this time and later */
  since: time.optional(),
  /** events before this time */
  until: time.optional(),
  text: z
    .string()
    .max(EVENT_SEARCH_LIMITS.textCharactersMax, "search for fewer words: 1,024 characters at most")
    .optional(),
  path: z
    .union([pathText, z.array(pathText).max(EVENT_SEARCH_LIMITS.pathsMax)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .optional(),
  has: oneOrMore(EVENT_MARKS).optional(),
};
export const eventFilters = z.strictObject(eventFilterShape);
export type EventFilters = z.output<typeof eventFilters>;

export const EVENT_SPLITS = ["outcome", "risk", "kind"] as const;
export const eventSplit = z.enum(EVENT_SPLITS);
export type EventSplit = z.infer<typeof eventSplit>;

export const eventHistogram = z.object({
  since: z.string(),
  until: z.string(),
  /** every bucket begins at a multiple of it, counted from 1970 */
  bucketMs: z.number().int(),
  total: z.number().int(),
  /** oldest first, those without events too; `counts` by what was asked for in `by` (`none`: events that have no such value) */
  buckets: z.array(
    z.object({ time: z.string(), count: z.number().int(), counts: z.record(z.string(), z.number().int()) }),
  ),
  /** when counting took too long: only events from here on are counted; else null */
  countedBackTo: z.string().nullable(),
});
export type EventHistogram = z.infer<typeof eventHistogram>;

const facet = z.array(z.object({ value: z.string(), count: z.number().int() }));
export const eventFacets = z.object({
  since: z.string(),
  until: z.string(),
  total: z.number().int(),
  /** the values with the most events, most first; events without a value are not listed */
  pack: facet,
  agent: facet,
  kind: facet,
  outcome: facet,
  risk: facet,
  /** when counting took too long: only events from here on are counted; else null */
  countedBackTo: z.string().nullable(),
});
export type EventFacets = z.infer<typeof eventFacets>;
