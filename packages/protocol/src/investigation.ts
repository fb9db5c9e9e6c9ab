/** The timeline of an incident out of every source, and what people make of it. Times are ISO 8601 in UTC. */
import { z } from "zod";
import { redactionCategory } from "./event.ts";
import { actor } from "./killswitch.ts";

/** Where an entry of the timeline comes from; people filter by it. */
export const TIMELINE_SOURCES = [
  "telemetry",
  "session",
  "alert",
  "state",
  "note",
  "stop",
  "action",
  "approval",
  "playbook",
  "notification",
  "evidence",
  "change",
  "act",
  "gap",
] as const;
export const timelineSource = z.enum(TIMELINE_SOURCES);
export type TimelineSource = z.infer<typeof timelineSource>;

export const TIMELINE_VIEWS = ["curated", "all"] as const;
export const timelineView = z.enum(TIMELINE_VIEWS);
export type TimelineView = z.infer<typeof timelineView>;

export const timelineOrder = z.enum(["oldest", "newest"]);
export type TimelineOrder = z.infer<typeof timelineOrder>;

export const MARK_ACTS = ["pin", "unpin", "hide", "unhide", "annotate"] as const;
const markAct = z.enum(MARK_ACTS);
export type MarkAct = z.infer<typeof markAct>;

const annotation = z.object({ text: z.string(), actor, at: z.string() });
export type Annotation = z.infer<typeof annotation>;

/** What a statement or an entry rests on. */
export const recordLink = z.object({
  kind: z.enum([
    "event",
    "alert",
    "stop",
    "receipt",
    "evidence",
    "session",
    "run",
    "action",
    "approval",
    "delivery",
    "hold",
    "audit",
    "incident",
  ]),
  id: z.string(),
});
export type RecordLink = z.infer<typeof recordLink>;

export const investigationEntry = z.object({
  /** names the entry for ever: `event:17`, `record:4`, `act:9` … */
  ref: z.string(),
  /** by this server's clock: the source's time, moved by `correctionMs` */
  at: z.string(),
  /** as the source's clock said */
  sourceTime: z.string(),
  /** when it was taken in here; null where it was made here */
  receivedTime: z.string().nullable(),
  correctionMs: z.number().int(),
  source: timelineSource,
  kind: z.string(),
  /** who reports it */
  from: z.string(),
  /** who did it; null for telemetry */
  actor: actor.nullable(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  text: z.string(),
  outcome: z.string().nullable(),
  risk: z.string().nullable(),
  /** kinds of what was taken out before it was stored */
  redacted: z.array(redactionCategory),
  links: z.array(recordLink),
  /** RFC 6962 leaf hash in the audit log, hexadecimal; null for what is no leaf itself */
  leafHash: z.string().nullable(),
  pinned: z.boolean(),
  hidden: z.boolean(),
  annotations: z.array(annotation),
});
export type InvestigationEntry = z.infer<typeof investigationEntry>;

/** How far the clock of one source is from this server's, told by when its events arrived. */
export const sourceClock = z.object({
  agentId: z.string(),
  source: z.string(),
  events: z.number().int(),
  /** received − time in milliseconds: the middle, and the bounds of nine in ten events */
  medianMs: z.number().int(),
  lowMs: z.number().int(),
  highMs: z.number().int(),
  /** `in_step`: nothing to correct; `unsteady`: too far spread, or seen too seldom, to correct */
  state: z.enum(["in_step", "corrected", "unsteady"]),
  /** what is added to the source's times; 0 unless corrected */
  correctionMs: z.number().int(),
});
export type SourceClock = z.infer<typeof sourceClock>;

export const investigationTimeline = z.object({
  incidentId: z.string(),
  /** what is looked at */
  from: z.string(),
  to: z.string(),
  agents: z.array(z.string()),
  /** telemetry events of these agents in that time */
  events: z.number().int(),
  clocks: z.array(sourceClock),
  items: z.array(investigationEntry),
  next: z.string().nullable(),
});
export type InvestigationTimeline = z.infer<typeof investigationTimeline>;

const markText = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "use valid Unicode text without NUL characters");

/** An edit of the curated view: a record of its own, the entry stays as it is. */
export const timelineMarkRequest = z
  .strictObject({
    ref: z.string().min(3).max(400),
    act: markAct,
    /** why, or the annotation itself */
    text: markText.optional(),
  })
  .refine((request) => request.act !== "annotate" || request.text !== undefined, {
    message: "an annotation needs a text",
    path: ["text"],
  });
export type TimelineMarkRequest = z.infer<typeof timelineMarkRequest>;

export const exportFormat = z.enum(["markdown", "json", "csv", "pdf"]);
export type ExportFormat = z.infer<typeof exportFormat>;

export const timelineExportRequest = z.strictObject({
  format: exportFormat,
  view: timelineView.default("curated"),
  sources: z.array(timelineSource).max(TIMELINE_SOURCES.length).optional(),
});
export type TimelineExportRequest = z.output<typeof timelineExportRequest>;

export const impactExportRequest = z.strictObject({
  format: exportFormat,
  /** left out: the newest */
  version: z.number().int().min(1).max(1_000_000).optional(),
});
export type ImpactExportRequest = z.output<typeof impactExportRequest>;

/** A document to keep. `sha256` stands in the audit log under the act that exported it. */
export const exportedDocument = z.object({
  filename: z.string(),
  mediaType: z.string(),
  encoding: z.enum(["utf8", "base64"]),
  content: z.string(),
  sha256: z.string(),
  entries: z.number().int(),
  /** true when there is more than one document may hold */
  isCut: z.boolean(),
});
export type ExportedDocument = z.infer<typeof exportedDocument>;
