/** What the API reads, besides the bodies that `@firebreak/protocol` defines already. All strict: unknown fields are refused. */
import {
  EVENT_SEARCH_LIMITS,
  ID_PREFIXES,
  alertDisposition,
  approvalState,
  entityName,
  eventFilterShape,
  eventSplit,
  holdLevel,
  holdScope,
  incidentState,
  incidentType,
  processIdentity,
  reactionState,
  retentionClass,
  retentionNoticeState,
  severity,
  silenceKind,
  sourceName,
  stopResult,
  timelineOrder,
  timelineSource,
  timelineView,
  weeklyWindow,
} from "@firebreak/protocol";
import type { IdKind } from "@firebreak/protocol";
import { z } from "zod";

/** Lists answer at most this many items at once. */
export const PAGE_ITEMS_MAX = 500;
const PAGE_ITEMS_DEFAULT = 50;

export function idOf(kind: IdKind) {
  const prefix = ID_PREFIXES[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), `use an id such as ${prefix}_… (26 characters)`);
}

export const incidentId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "use an incident's id such as INC-2026-0001");
const stepId = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._#/-]*$/, "use the step's id as the run shows it");
export const sessionRef = z.string().min(1).max(128);
const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
const limit = z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT);
const after = z.string().min(1).max(256).optional();
export const page = { after, limit };
const severityText = z.enum(["1", "2", "3", "4"]).transform((text) => severity.parse(Number(text)));

export const alertParams = z.strictObject({ id: idOf("alert") });
export const actionParams = z.strictObject({ id: idOf("action") });
export const effectorParams = z.strictObject({ name: z.string().min(1).max(64) });
export const silenceParams = z.strictObject({ id: idOf("silence") });
export const approvalParams = z.strictObject({ id: idOf("approval") });
export const incidentParams = z.strictObject({ id: incidentId });
export const agentParams = z.strictObject({ id: entityName });
export const sessionParams = z.strictObject({ id: idOf("session") });
/** Of a stop, or of a hold that ended. */
export const receiptParams = z.strictObject({ id: idOf("stop").or(idOf("hold")) });
export const holdParams = z.strictObject({ id: idOf("hold") });
export const packParams = z.strictObject({ pack: entityName });
export const runParams = z.strictObject({ id: idOf("run") });
export const stepParams = z.strictObject({ id: idOf("run"), step: stepId });
export const deliveryParams = z.strictObject({ id: idOf("delivery") });
export const reactionParams = z.strictObject({ id: idOf("reaction") });
export const replayParams = z.strictObject({ id: idOf("replay") });
/** Rules name themselves. */
export const ruleParams = z.strictObject({ id: z.string().min(1).max(256) });
export const noticeParams = z.strictObject({ id: idOf("retentionNotice") });
export const segmentParams = z.strictObject({ id: idOf("archiveSegment") });
export const personErasureParams = z.strictObject({ id: idOf("personErasure") });
export const legalHoldParams = z.strictObject({ id: idOf("legalHold") });
export const tokenParams = z.strictObject({ id: idOf("apiToken") });

export const pageQuery = z.strictObject(page);
export type PageQuery = z.infer<typeof pageQuery>;

/** @param agent only what concerns this agent: its own, its pack's, and the host's */
export const ledgerQuery = z.strictObject({ agent: entityName.optional() });
export type LedgerQuery = z.infer<typeof ledgerQuery>;

export const eventsQuery = z.strictObject({
  ...eventFilterShape,
  order: z.enum(["newest", "oldest"]).default("newest"),
  ...page,
});
export type EventsQuery = z.infer<typeof eventsQuery>;

/** One name, or several behind commas. */
const timelineSources = z
  .string()
  .max(256)
  .transform((text) => text.split(","))
  .pipe(z.array(timelineSource).min(1));

export const timelineQuery = z.strictObject({
  view: timelineView.default("curated"),
  order: timelineOrder.default("oldest"),
  sources: timelineSources.optional(),
  ...page,
});
export type TimelineQuery = z.infer<typeof timelineQuery>;
/** New events only: without times. */
export const eventFeedQuery = z.strictObject(eventFilterShape).omit({ since: true, until: true });
export type EventFeedQuery = z.infer<typeof eventFeedQuery>;

/** Without `since`: 24 hours before `until`; without `until`: now. */
export const eventHistogramQuery = z.strictObject({
  ...eventFilterShape,
  /** how many at most */
  buckets: z.coerce.number().int().min(1).max(EVENT_SEARCH_LIMITS.bucketsMax).default(60),
  by: eventSplit.optional(),
});
export type EventHistogramQuery = z.infer<typeof eventHistogramQuery>;

/** Without `since`: 24 hours before `until`; without `until`: now. */
export const eventFacetsQuery = z.strictObject({
  ...eventFilterShape,
  /** how many values of each */
  top: z.coerce.number().int().min(1).max(EVENT_SEARCH_LIMITS.facetValuesMax).default(10),
});
export type EventFacetsQuery = z.infer<typeof eventFacetsQuery>;
/** Events name themselves. */
export const eventParams = z.strictObject({ id: z.string().min(1).max(128) });
/** @param time of the source, where several events have the id */
export const originalsQuery = z.strictObject({ time: z.iso.datetime({ offset: true }).optional() });
export type OriginalsQuery = z.infer<typeof originalsQuery>;

export const impactQuery = z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() });
export type ImpactQuery = z.infer<typeof impactQuery>;

export const gateFeedQuery = z.strictObject({
  /** left out: the token's own */
  agent: entityName.optional(),
  session: sessionRef.optional(),
  pack: entityName.optional(),
  /** comes back in every lease, so that one of another connection is known as such */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, "send 16 to 64 random letters, digits, _ or -"),
});
export type GateFeedQuery = z.infer<typeof gateFeedQuery>;

export const sessionsQuery = z.strictObject({
  agent: entityName.optional(),
  state: z.enum(["running", "frozen", "exited", "lost"]).optional(),
  ...page,
});
export type SessionsQuery = z.infer<typeof sessionsQuery>;

const matchersText = z.string().min(1).max(8_192);

export const alertsQuery = z.strictObject({
  status: z.enum(["open", "resolved"]).optional(),
  /** `held`: what a silence, a window, another alert or a route holds back */
  disposition: alertDisposition.optional(),
  source: z.string().min(1).max(128).optional(),
  severity: severityText.optional(),
  /** conditions on labels: `team="db", instance=~"web-.*"` */
  match: matchersText.optional(),
  ...page,
});
/** By name: `after` is the agent that the page before ended with. */
export const stormAgentsQuery = z.strictObject({ after: entityName.optional(), limit });
export type StormAgentsQuery = z.infer<typeof stormAgentsQuery>;

export type AlertsQuery = z.infer<typeof alertsQuery>;

export const actionsQuery = z.strictObject({
  /** `true`: only what is, or may be, in effect */
  live: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  incident: incidentId.optional(),
  /** only of the effector of this name */
  effector: z.string().min(1).max(64).optional(),
  ...page,
});
export type ActionsQuery = z.infer<typeof actionsQuery>;

export const silencesQuery = z.strictObject({
  kind: silenceKind.optional(),
  /** `true`: those that are over too */
  expired: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  ...page,
});
export type SilencesQuery = z.infer<typeof silencesQuery>;

const time = z.iso.datetime({ offset: true });
export const newSilenceRequest = z.strictObject({
  kind: silenceKind.default("silence"),
  /** which alerts: `team="db", instance=~"web-.*"` */
  match: matchersText,
  reason,
  /** left out, or past: now */
  startsAt: time.optional(),
  /** compulsory; 92 days ahead at most, 366 for maintenance and weekly ones */
  endsAt: time,
  /** only in these stretches of every week */
  weekly: weeklyWindow.nullable().default(null),
  /** also hold alerts that contain an agent by themselves, so the agent runs on; needs the role commander */
  mutesContainment: z.boolean().default(false),
  /** the silence this one is an edit of: it ends now */
  replaces: idOf("silence").nullable().default(null),
  /** confirms one that mutes nearly everything */
  muteEverything: z.boolean().default(false),
});
export type NewSilenceRequest = z.infer<typeof newSilenceRequest>;

export const silencePreviewRequest = z.strictObject({ match: matchersText });
export type SilencePreviewRequest = z.infer<typeof silencePreviewRequest>;

export const incidentsQuery = z.strictObject({
  state: incidentState.optional(),
  severity: severityText.optional(),
  ...page,
});
export type IncidentsQuery = z.infer<typeof incidentsQuery>;

export const approvalsQuery = z.strictObject({
  state: approvalState.optional(),
  kind: z.string().min(1).max(64).optional(),
  incident: incidentId.optional(),
  /** only what was approved by breaking glass and waits for its review */
  unreviewed: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  ...page,
});
export type ApprovalsQuery = z.infer<typeof approvalsQuery>;

export const reactionsQuery = z.strictObject({
  incident: incidentId.optional(),
  state: reactionState.optional(),
  ...page,
});
export type ReactionsQuery = z.infer<typeof reactionsQuery>;

const DAY_HOURS = 24;
export const containmentReportQuery = z.strictObject({
  /** how far back, in hours */
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(31 * DAY_HOURS)
    .default(DAY_HOURS),
});
export type ContainmentReportQuery = z.infer<typeof containmentReportQuery>;

/** Left out: of every class. */
export const retentionQuery = z.strictObject({ class: retentionClass.optional() });
export type RetentionQuery = z.infer<typeof retentionQuery>;

export const noticesQuery = z.strictObject({ state: retentionNoticeState.optional() });
export type NoticesQuery = z.infer<typeof noticesQuery>;

export const archiveQuery = z.strictObject(page);
export type ArchiveQuery = z.infer<typeof archiveQuery>;

export const legalHoldsQuery = z.strictObject({
  /** `true`: those that were released too */
  released: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
});
export type LegalHoldsQuery = z.infer<typeof legalHoldsQuery>;

/** For lists that belong to an incident: runs, evidence, deliveries. */
export const ofIncidentQuery = z.strictObject({ incident: incidentId.optional(), ...page });
export type OfIncidentQuery = z.infer<typeof ofIncidentQuery>;

export const newSessionRequest = z.strictObject({
  sessionId: idOf("session"),
  agentId: entityName,
  pack: entityName.optional(),
  host: z.string().min(1).max(255),
  supervisorPid: z.number().int().positive(),
  command: z.array(z.string().max(32_768)).min(1).max(4096),
  workspace: z.string().max(4096).nullable(),
});
export type NewSessionRequest = z.infer<typeof newSessionRequest>;

export const sessionStateRequest = z.strictObject({
  state: z.enum(["running", "frozen", "exited", "lost"]),
  exitCode: z.number().int().min(0).max(255).nullable().optional(),
  exitSignal: z.string().max(32).nullable().optional(),
});
export type SessionStateRequest = z.infer<typeof sessionStateRequest>;

export const stopReportRequest = z.strictObject({
  holdId: idOf("hold"),
  result: stopResult.extend({
    proof: z.string().max(1000),
    remaining: z.array(processIdentity).max(1000),
  }),
});
export type StopReportRequest = z.infer<typeof stopReportRequest>;

export const newIncidentRequest = z.strictObject({
  title: z.string().trim().min(3).max(200),
  severity,
  type: incidentType,
  agentId: entityName.optional(),
  summary: z.string().trim().max(10_000).optional(),
});
export type NewIncidentRequest = z.infer<typeof newIncidentRequest>;

export const resolveRequest = z.strictObject({
  summary: z.string().trim().min(3).max(10_000),
  rootCause: z.string().trim().max(10_000).optional(),
});
export type ResolveRequest = z.infer<typeof resolveRequest>;

export const noteRequest = z.strictObject({ text: z.string().trim().min(1).max(10_000) });
export type NoteRequest = z.infer<typeof noteRequest>;

export const severityRequest = z.strictObject({ severity, reason });
export type SeverityRequest = z.infer<typeof severityRequest>;

export const stateRequest = z.strictObject({ state: incidentState, reason });
export type StateRequest = z.infer<typeof stateRequest>;

export const previewRequest = z
  .strictObject({
    scope: holdScope,
    target: entityName.or(idOf("session")).optional(),
    level: holdLevel.default("freeze"),
  })
  .refine((request) => (request.scope === "global") === (request.target === undefined), {
    message: "a global stop has no target; every other stop needs one",
    path: ["target"],
  });
export type PreviewRequest = z.infer<typeof previewRequest>;

export const completeStepRequest = z.strictObject({
  note: z.string().trim().min(1).max(2_000),
  /** `again` is only for a step that was interrupted */
  result: z.enum(["done", "not_done", "skip", "again"]).default("done"),
  /** the lines of the check-list that were ticked; for `done`, all of them */
  checked: z.array(z.string().max(300)).max(30).default([]),
  /** what was written down, by the names that the step captures */
  captured: z.record(z.string().max(60), z.union([z.string().max(4000), z.number(), z.boolean()])).default({}),
  /** of a decision: the id of the option */
  option: z.string().min(1).max(60).optional(),
});
export type CompleteStepRequest = z.infer<typeof completeStepRequest>;

export const signalParams = z.strictObject({
  id: idOf("run"),
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, "use the signal's name from the playbook"),
});

export const reasonRequest = z.strictObject({ reason });
export type ReasonRequest = z.infer<typeof reasonRequest>;

export const sourceParams = z.strictObject({ name: sourceName });

export const refusalsQuery = z.strictObject({ source: sourceName.optional(), ...page });
export type RefusalsQuery = z.infer<typeof refusalsQuery>;

/** A body as the source's sender would send it. */
export const testSourceRequest = z.strictObject({ body: z.unknown() });
export type TestSourceRequest = z.infer<typeof testSourceRequest>;
