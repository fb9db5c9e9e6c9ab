/** What the API answers: one schema per resource, shared by server, CLI and console. Times are ISO 8601 in UTC. */
import { z } from "zod";
import { role } from "./access.ts";
import { alertView } from "./alert-views.ts";
import { agentRef, eventKind, redactionFact } from "./event.ts";
import { indicatorHit } from "./indicator.ts";
import { canaryView } from "./canary.ts";
import { clockKind, deliveryState, incidentState, incidentType, runState, stepState } from "./incident.ts";
import { actor, hold } from "./killswitch.ts";
import { stopView } from "./receipt.ts";
import { severity } from "./severity.ts";
import { stormView } from "./storm.ts";

const time = z.string();
const nullableTime = z.string().nullable();

/** Lists are paged by key: pass `next` back as `after` until it is null. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export const eventView = z.object({
  seq: z.number().int(),
  id: z.string(),
  time,
  receivedTime: time,
  source: z.string(),
  agent: agentRef,
  kind: eventKind,
  outcome: z.string(),
  risk: z.string().nullable(),
  resource: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  /** what the intake found in it, and took out where the profile says so */
  redacted: z.array(redactionFact),
  /** the indicators of compromise that the intake met in it */
  indicators: z.array(indicatorHit),
});
export type EventView = z.infer<typeof eventView>;

/**
 * `searchedBackTo`: null when the page is full or everything was searched; a time when the search took too long: what is
 * older was not looked at yet, and `next` goes on there (forwards with the order `oldest`).
 */
export const eventPage = pageOf(eventView).extend({ searchedBackTo: z.string().nullable() });
export type EventPage = z.infer<typeof eventPage>;

export const sessionView = z.object({
  id: z.string(),
  agentId: z.string(),
  pack: z.string().nullable(),
  host: z.string(),
  state: z.enum(["running", "frozen", "exited", "lost"]),
  supervisorPid: z.number().int().nullable(),
  command: z.array(z.string()),
  workspace: z.string().nullable(),
  startedAt: time,
  lastHeartbeatAt: time,
  endedAt: nullableTime,
  exitCode: z.number().int().nullable(),
  exitSignal: z.string().nullable(),
});
export type SessionView = z.infer<typeof sessionView>;

export const agentView = z.object({
  id: z.string(),
  pack: z.string().nullable(),
  firstSeenAt: time,
  lastSeenAt: time,
  /** the holds that bear on this agent now, most restrictive first */
  holds: z.array(hold),
  session: sessionView.nullable(),
});
export type AgentView = z.infer<typeof agentView>;

export const clockView = z.object({
  kind: clockKind,
  startedAt: time,
  dueAt: time,
  stoppedAt: nullableTime,
  breached: z.boolean(),
});
export type ClockView = z.infer<typeof clockView>;

export const incidentSummary = z.object({
  id: z.string(),
  title: z.string(),
  type: incidentType,
  severity,
  severityLabel: z.string(),
  state: incidentState,
  agentId: z.string().nullable(),
  pack: z.string().nullable(),
  sessionId: z.string().nullable(),
  commander: z.string().nullable(),
  openedAt: time,
  updatedAt: time,
  clocks: z.array(clockView),
});
export type IncidentSummary = z.infer<typeof incidentSummary>;

export const timelineEntry = z.object({
  id: z.string(),
  at: time,
  kind: z.string(),
  source: z.string(),
  actor,
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const stepView = z.object({
  /** the step's id in the file; `ID#2` for the third item of a for-each step, `CALL/ID` within a sub-playbook */
  id: z.string(),
  /** steps are in the order of the file */
  position: z.number().int(),
  /** the id of the step that this one stands in */
  parent: z.string().nullable(),
  /** the option of a decision, or the branch of a parallel step, that this one stands in */
  option: z.string().nullable(),
  /** the item of a for-each step that this one is for, counted from 0 */
  item: z.number().int().nullable(),
  phase: z.string(),
  title: z.string(),
  type: z.string(),
  state: stepState,
  reason: z.string().nullable(),
  message: z.string().nullable(),
  attempts: z.number().int(),
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()),
  startedAt: nullableTime,
  endedAt: nullableTime,
  /** when its time box runs out; null when it has not begun */
  dueAt: nullableTime,
  /** the user who was asked by name */
  assignee: z.string().nullable(),
  /** the question that must be answered before it acts */
  approvalId: z.string().nullable(),
  /** of one that was interrupted: what later steps read of its output, so that who calls it done must say it too */
  needs: z.array(z.string()),
  /** what came of it before a person had it done again, oldest first */
  earlier: z.array(
    z.object({
      state: stepState,
      reason: z.string().nullable(),
      message: z.string().nullable(),
      startedAt: nullableTime,
      endedAt: nullableTime,
    }),
  ),
});
export type StepView = z.infer<typeof stepView>;

export const runView = z.object({
  id: z.string(),
  playbookId: z.string(),
  playbookTitle: z.string(),
  playbookHash: z.string(),
  incidentId: z.string().nullable(),
  state: runState,
  reason: z.string().nullable(),
  requestedBy: actor,
  requestedAt: time,
  startedAt: nullableTime,
  endedAt: nullableTime,
  /** when a run that waits is looked at again by itself */
  wakeAt: nullableTime,
  /** what it was asked for with */
  inputs: z.record(z.string(), z.unknown()),
  /** what the playbook's `outputs` came to, once it has ended */
  outputs: z.record(z.string(), z.unknown()).nullable(),
  /** it only says what it would do */
  observes: z.boolean(),
  /** the user who is answerable for it */
  owner: z.string().nullable(),
  /** nothing begins until a person resumes it */
  paused: z.object({ by: actor, reason: z.string(), at: time }).nullable(),
  /** what no other run may act on meanwhile */
  locks: z.array(z.string()),
  /** the run that has one of them, when this one waits for it */
  lockedBy: z.string().nullable(),
  steps: z.array(stepView),
});
export type RunView = z.infer<typeof runView>;

export const evidenceCopy = z.object({
  /** `s3://bucket/prefix` */
  place: z.string(),
  state: z.enum(["waiting", "stored", "failed", "deleting"]),
  objects: z.number().int(),
  bytes: z.number(),
  /** every object is under the lock that was asked for */
  locked: z.boolean(),
  /** the legal hold of the store on its objects; `refused`: the store does not take it */
  legalHold: z.enum(["off", "setting", "on", "refused"]),
  attempts: z.number().int(),
  lastError: z.string().nullable(),
  storedAt: nullableTime,
});

export const evidenceView = z.object({
  id: z.string(),
  incidentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  agentId: z.string().nullable(),
  reason: z.string(),
  directory: z.string(),
  manifestSha256: z.string(),
  items: z.number().int(),
  /** items that are there in part or not at all; `failedItems` of them not at all */
  degradedItems: z.number().int(),
  failedItems: z.number().int(),
  bytes: z.number(),
  collectedAt: time,
  collectedBy: actor,
  /** `immutable`, or why its files are only without the right to write; null until it is sealed */
  seal: z.string().nullable(),
  /** the newest verification; null before the first */
  verified: z.object({ at: time, intact: z.boolean() }).nullable(),
  /** the copy in the object store; null when none is wanted */
  copy: evidenceCopy.nullable(),
});
export type EvidenceView = z.infer<typeof evidenceView>;

export const evidenceVerification = z.object({
  id: z.string(),
  intact: z.boolean(),
  /** one finding per fault: which item, and what is wrong with it */
  findings: z.array(z.object({ item: z.string(), message: z.string() })),
  items: z.number().int(),
  manifestSha256: z.string(),
  signedBy: z.string(),
});
export type EvidenceVerification = z.infer<typeof evidenceVerification>;

export const deliveryView = z.object({
  id: z.string(),
  incidentId: z.string().nullable(),
  channel: z.string(),
  channelKind: z.enum(["webhook", "email"]),
  template: z.string(),
  subject: z.string(),
  state: deliveryState,
  attempts: z.number().int(),
  lastError: z.string().nullable(),
  receipt: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
  deliveredAt: nullableTime,
});
export type DeliveryView = z.infer<typeof deliveryView>;

export const reviewView = z.object({
  incidentId: z.string(),
  markdown: z.string(),
  draftedAt: time,
  dueAt: time,
});
export type ReviewView = z.infer<typeof reviewView>;

export const incidentDetail = incidentSummary.extend({
  summary: z.string().nullable(),
  rootCause: z.string().nullable(),
  profile: z.string(),
  beganAt: time,
  detectedAt: time,
  acknowledgedAt: nullableTime,
  containedAt: nullableTime,
  resolvedAt: nullableTime,
  closedAt: nullableTime,
  tripToStopMs: z.number().nullable(),
  /** null for an incident that is no storm */
  storm: stormView.nullable(),
  allowedStates: z.array(incidentState),
  timeline: z.array(timelineEntry),
  alerts: z.array(alertView),
  runs: z.array(runView),
  stops: z.array(stopView),
  holds: z.array(hold),
  evidence: z.array(evidenceView),
  deliveries: z.array(deliveryView),
  hasReview: z.boolean(),
});
export type IncidentDetail = z.infer<typeof incidentDetail>;

export const overview = z.object({
  severityLabels: z.record(z.string(), z.string()),
  openIncidents: z.array(incidentSummary),
  openAlerts: z.number().int(),
  /** questions that wait for a person */
  pendingApprovals: z.number().int(),
  holds: z.array(hold),
  canary: canaryView,
  agents: z.object({
    running: z.number().int(),
    frozen: z.number().int(),
    lost: z.number().int(),
    total: z.number().int(),
  }),
  failedDeliveries: z.number().int(),
  eventsLastHour: z.number().int(),
  ruleErrors: z.array(z.object({ file: z.string(), line: z.number().int(), message: z.string(), remedy: z.string() })),
  /** what a person should do now, most urgent first, each with the console path that does it */
  nextSteps: z.array(z.object({ text: z.string(), href: z.string() })),
});
export type Overview = z.infer<typeof overview>;

export const healthView = z.object({
  status: z.enum(["ok", "failing"]),
  version: z.string(),
  uptimeSeconds: z.number(),
  /** whether the kill switch stops its own test agent */
  canary: canaryView.shape.state,
});
export const readinessView = z.object({
  status: z.enum(["ready", "not_ready"]),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() })),
});

export const meView = z.object({
  actor,
  access: z.union([role, z.literal("agent")]),
  /** true until the owner has set a password after the one-time link */
  passwordNeeded: z.boolean(),
  profile: z.string(),
  version: z.string(),
});
export type MeView = z.infer<typeof meView>;

export const userView = z.object({ id: z.string(), name: z.string(), role, createdAt: time, disabledAt: nullableTime });
export const tokenView = z.object({
  id: z.string(),
  name: z.string(),
  access: z.union([role, z.literal("agent")]),
  createdAt: time,
  expiresAt: nullableTime,
  revokedAt: nullableTime,
  lastUsedAt: nullableTime,
});
export type TokenView = z.infer<typeof tokenView>;
/** The secret is shown once. */
export const newTokenView = tokenView.extend({ token: z.string() });

const count = z.number().int().nonnegative();

/** How far detection has come on the node that answers, and what its engine counted since the rules were read. */
export const detectionView = z.object({
  /** `standby`: another node on this database judges the events. */
  state: z.enum(["stopped", "warming", "active", "standby"]),
  /** The number of the last event that was judged, and of the last that a restart would not judge again. */
  position: count,
  durablePosition: count,
  /** Up to when it was judged what did not happen. */
  silenceJudgedUntil: nullableTime,
  engine: z
    .object({
      events: count,
      matches: count,
      groups: count,
      entries: count,
      /** More than nothing here: state was lost although its window was open. */
      evictedGroups: count,
      droppedEntries: count,
      lateEvents: count,
      clampedTimes: count,
      ungroupedEvents: count,
      truncatedValues: count,
      exhaustedRegexes: count,
    })
    .nullable(),
  /** How often the thread that judges ended by itself, and why it did last, as long as nothing was judged since. */
  restarts: count,
  problem: z.string().nullable(),
  /** Events that were passed over because they ended it. */
  unjudged: count,
});
export type DetectionView = z.infer<typeof detectionView>;
