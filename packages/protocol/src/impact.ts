/** What an incident did, worked out from its events. Nothing is stated without an event or a record behind it. */
import { z } from "zod";
import { recordLink } from "./investigation.ts";
import { actor } from "./killswitch.ts";

/**
 * How sure a statement is: `observed`, an event says that it happened; `inferred`, it follows from a command or a call whose
 * effect nobody reported; `attempted`, it was denied or failed; `possible`, it could have been done with what was there.
 */
export const CERTAINTIES = ["observed", "inferred", "attempted", "possible"] as const;
export const certainty = z.enum(CERTAINTIES);
export type Certainty = z.infer<typeof certainty>;

export const IMPACT_SECTIONS = [
  "dwell",
  "blast_radius",
  "data",
  "credentials",
  "reach",
  "outflow",
  "persistence",
  "cost",
] as const;
export const impactSection = z.enum(IMPACT_SECTIONS);
export type ImpactSection = z.infer<typeof impactSection>;

export const DATA_CLASSES = ["personal", "financial", "health", "secret"] as const;
export const dataClass = z.enum(DATA_CLASSES);
export type DataClass = z.infer<typeof dataClass>;

export const impactStatement = z.object({
  /** the same for the same fact in every version */
  id: z.string(),
  section: impactSection,
  kind: z.string(),
  /** what it is about: a path, a host, an account */
  subject: z.string(),
  text: z.string(),
  certainty,
  /** what the certainty rests on */
  why: z.string(),
  classes: z.array(dataClass),
  figures: z.record(z.string(), z.number()),
  /** the first of them, by their refs on the timeline */
  events: z.array(z.object({ ref: z.string(), id: z.string(), at: z.string() })),
  eventCount: z.number().int(),
  links: z.array(recordLink),
});
export type ImpactStatement = z.infer<typeof impactStatement>;

export const graphNode = z.object({
  id: z.string(),
  kind: z.enum(["agent", "host", "system", "account", "tool"]),
  label: z.string(),
  /** of a system: whether its address is a private one */
  isInternal: z.boolean().nullable(),
});
export type GraphNode = z.infer<typeof graphNode>;

export const graphEdge = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(["runs_on", "contacted", "signed_in", "messaged", "used"]),
  certainty,
  events: z.number().int(),
  /** sent out over it, as far as told */
  bytes: z.number().int(),
});
export type GraphEdge = z.infer<typeof graphEdge>;

export const regulatoryTrigger = z.object({
  id: z.string(),
  regime: z.string(),
  /** to whom, within what */
  duty: z.string(),
  clockStart: z.string(),
  /** what the clock is counted from */
  clockFrom: z.string(),
  /** null where the law names no number of hours */
  dueAt: z.string().nullable(),
  /** why it is suggested */
  fact: z.string(),
  certainty,
  /** ids of the statements that it rests on */
  statements: z.array(z.string()),
});
export type RegulatoryTrigger = z.infer<typeof regulatoryTrigger>;

export const impactView = z.object({
  incidentId: z.string(),
  version: z.number().int(),
  computedAt: z.string(),
  computedBy: actor,
  /** of the canonical JSON of what was worked out */
  sha256: z.string(),
  from: z.string(),
  to: z.string(),
  eventsRead: z.number().int(),
  /** what could not be taken into account */
  limits: z.array(z.string()),
  statements: z.array(impactStatement),
  graph: z.object({ nodes: z.array(graphNode), edges: z.array(graphEdge) }),
  regulatory: z.array(regulatoryTrigger),
  /** earlier and later versions: numbers and times, newest first */
  versions: z.array(z.object({ version: z.number().int(), computedAt: z.string() })),
});
export type ImpactView = z.infer<typeof impactView>;
