import { z } from "zod";
import { redactionCategory } from "./event.ts";
import { actor } from "./killswitch.ts";

const time = z.string();
const category = redactionCategory;
const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
const day = z.iso.date();

/**
 * What became of the originals of one category of an event. `kept`: they can be revealed. `erased`: their key was
 * destroyed. `locked`: the key that they were encrypted with is not in this home. `missing`: they should be there.
 */
export const originalState = z.enum(["kept", "erased", "locked", "missing"]);
export type OriginalState = z.infer<typeof originalState>;

/** One destruction of keys: what they encrypted can be read by nobody any more. */
export const erasureView = z.object({
  id: z.string(),
  at: time,
  by: actor,
  reason: z.string(),
  scope: z.object({
    agent: z.string().optional(),
    categories: z.array(category).optional(),
    since: z.string().optional(),
    before: z.string().optional(),
  }),
  /** how many keys were destroyed: one for each agent, category and day */
  keys: z.number().int(),
});
export type ErasureView = z.infer<typeof erasureView>;

/** What was kept of an event's redacted values, without any of them, and who has seen them. */
export const originalsView = z.object({
  eventId: z.string(),
  time,
  items: z.array(z.object({ category, state: originalState, erasure: erasureView.nullable() })),
  reveals: z.array(z.object({ at: time, by: actor, reason: z.string(), categories: z.array(category) })),
  /** why the caller may not reveal them, or null */
  refusal: z.string().nullable(),
});
export type OriginalsView = z.infer<typeof originalsView>;

export const revealRequest = z.strictObject({
  reason,
  /** only what was taken out there, as `redacted` of the event names it */
  path: z.string().min(1).max(200).optional(),
  category: category.optional(),
  /** the source's time of the event, where several have this id */
  time: z.iso.datetime({ offset: true }).optional(),
});
export type RevealRequest = z.infer<typeof revealRequest>;

/** The values, in the order in which they stood. They are kept nowhere: asking again is another reveal. */
export const revealView = z.object({
  eventId: z.string(),
  values: z.array(z.object({ category, type: z.string(), path: z.string(), text: z.string() })),
  /** of other categories of the event that could not be read, and why */
  unreadable: z.array(z.object({ category, problem: z.string() })),
  /** how many more the caller may reveal within the hour */
  left: z.number().int(),
});
export type RevealView = z.infer<typeof revealView>;

/** Whose originals: everything that is named must hold of them. */
const scopeOfErasure = z.strictObject({
  agent: z.string().min(1).max(128).optional(),
  categories: z.array(category).min(1).max(20).optional(),
  /** of events of this day (UTC) and later */
  since: day.optional(),
  /** of events before this day (UTC) */
  before: day.optional(),
  /** all of them, instead of the others */
  everything: z.boolean().default(false),
});
type ErasureScopeInput = z.output<typeof scopeOfErasure>;

const isNarrowed = ({ everything, agent, categories, since, before }: ErasureScopeInput) =>
  everything === [agent, categories, since, before].every((part) => part === undefined);
const NOT_NARROWED = {
  message: "name an agent, categories, since or before; or everything, and nothing else",
  path: ["everything"],
};

export const erasurePreviewRequest = scopeOfErasure.refine(isNarrowed, NOT_NARROWED);
export type ErasurePreviewRequest = z.output<typeof erasurePreviewRequest>;
export const erasureRequest = scopeOfErasure.extend({ reason }).refine(isNarrowed, NOT_NARROWED);
export type ErasureRequest = z.output<typeof erasureRequest>;

export const erasurePreview = z.object({
  keys: z.number().int(),
  /** originals of one category of one event count as one */
  originals: z.number().int(),
  agents: z.number().int(),
  categories: z.array(category),
  firstDay: z.string().nullable(),
  lastDay: z.string().nullable(),
  /** what forbids it: legal holds, one sentence each */
  heldBy: z.array(z.string()),
});
export type ErasurePreview = z.infer<typeof erasurePreview>;

/** After the key that encrypts the data keys was replaced. */
export const keyRotationView = z.object({
  keyId: z.string(),
  /** data keys that are encrypted with the new key now */
  rewrapped: z.number().int(),
  /** keys that may be forgotten: nothing needs them any more */
  retired: z.array(z.string()),
});
export type KeyRotationView = z.infer<typeof keyRotationView>;
