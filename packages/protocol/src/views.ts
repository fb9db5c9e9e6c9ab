/** What the API answers: one schema per resource, shared by server, CLI and console. Times are ISO 8601 in UTC. */
import { z } from "zod";
import { role } from "./access.ts";
import { alertView } from "./alert-views.ts";
import { approvalView } from "./approval.ts";
import { agentRef, eventKind, redactionFact } from "./event.ts";
import { indicatorHit } from "./indicator.ts";
import { clockKind, deliveryState, incidentState, incidentType, runState, stepState } from "./incident.ts";
import { actor, hold, holdLevel, stopReceipt } from "./killswitch.ts";
import { severity } from "./severity.ts";

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
  id: z.string(),
  position: z.number().int(),
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
  steps: z.array(stepView),
});
export type RunView = z.infer<typeof runView>;

export const playbookView = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  file: z.string(),
  hash: z.string(),
  steps: z.array(z.object({ id: z.string(), phase: z.string(), title: z.string(), type: z.string() })),
  problems: z.array(
    z.object({ line: z.number().int(), column: z.number().int(), message: z.string(), remedy: z.string() }),
  ),
});
export type PlaybookView = z.infer<typeof playbookView>;

export const evidenceView = z.object({
  id: z.string(),
  incidentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  agentId: z.string().nullable(),
  reason: z.string(),
  directory: z.string(),
  manifestSha256: z.string(),
  items: z.number().int(),
  degradedItems: z.number().int(),
  bytes: z.number(),
  collectedAt: time,
  collectedBy: actor,
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
  allowedStates: z.array(incidentState),
  timeline: z.array(timelineEntry),
  alerts: z.array(alertView),
  runs: z.array(runView),
  stops: z.array(stopReceipt),
  holds: z.array(hold),
  evidence: z.array(evidenceView),
  deliveries: z.array(deliveryView),
  hasReview: z.boolean(),
});
export type IncidentDetail = z.infer<typeof incidentDetail>;

/** What it takes of whoever asks to resume a stop. */
export const resumeNeeds = z.object({
  holdId: z.string(),
  /** 2: another named person has to approve it */
  persons: z.union([z.literal(1), z.literal(2)]),
  /** why it takes more than a reason; null when a reason is enough */
  why: z.string().nullable(),
  /** what has to be checked, and said to be */
  checklist: z.array(z.string()),
  /** the question that waits for the other person */
  approvalId: z.string().nullable(),
});
export type ResumeNeeds = z.infer<typeof resumeNeeds>;

/** The kill switch policy in force, in our terms. */
export const killswitchPolicyView = z.object({
  /** null: the defaults */
  file: z.string().nullable(),
  globalRole: role,
  packRole: role,
  /** what has to be typed to stop everything */
  confirmation: z.string().nullable(),
  criticalPacks: z.array(z.string()),
  /** to stop a critical pack, its name has to be typed */
  confirmCriticalPacks: z.boolean(),
});
export type KillswitchPolicyView = z.infer<typeof killswitchPolicyView>;

export const killswitchView = z.object({
  epoch: z.number().int(),
  holds: z.array(hold),
  /** false when the journal cannot be read: every gate then denies */
  journalHealthy: z.boolean(),
  history: z.array(
    hold.extend({ releasedAt: nullableTime, releasedBy: actor.nullable(), releaseReason: z.string().nullable() }),
  ),
  /** what it takes to resume each stop in force, by one of its holds */
  resumes: z.array(resumeNeeds),
  policy: killswitchPolicyView,
});
export type KillswitchView = z.infer<typeof killswitchView>;

/** What a stop would touch, shown before it is confirmed. */
export const stopPreview = z.object({
  sessions: z.array(sessionView),
  agents: z.array(z.string()),
  packs: z.array(z.string()),
});
export type StopPreview = z.infer<typeof stopPreview>;

export const resumeRequest = z.strictObject({
  reason: z.string().trim().min(3).max(1000),
  /** the lines of the checklist that were checked */
  checked: z.array(z.string().max(500)).max(50).default([]),
});
export type ResumeRequest = z.infer<typeof resumeRequest>;
export const resumeReceipt = z.object({
  hold,
  /** null when it waits for another person's approval */
  releasedAt: nullableTime,
  approval: approvalView.nullable(),
  /** sessions that run again because no other hold covers them */
  resumed: z.array(z.object({ sessionId: z.string(), agentId: z.string(), state: z.string() })),
});
export type ResumeReceipt = z.infer<typeof resumeReceipt>;

/** The AgentOS runbook's switch: `enabled: false` stops, `enabled: true` lets run again. */
export const switchRequest = z.strictObject({
  enabled: z.boolean(),
  reason: z.string().trim().min(3).max(1000),
  /** to switch on again: the lines of the checklist that were checked */
  checked: z.array(z.string().max(500)).max(50).default([]),
});
export type SwitchRequest = z.infer<typeof switchRequest>;

/** @returns what the switch did; `enabled` is what holds now, and `holds` says why when it is false */
export const switchView = z.object({
  scope: z.enum(["global", "pack"]),
  target: z.string().nullable(),
  enabled: z.boolean(),
  stop: stopReceipt.nullable(),
  resumed: z.array(resumeReceipt),
  holds: z.array(hold),
});
export type SwitchView = z.infer<typeof switchView>;

/** Every pack that was ever seen or is stopped, and whether its agents may run. */
export const packsStatus = z.object({
  global: z.object({ enabled: z.boolean(), holds: z.array(hold) }),
  packs: z.array(
    z.object({
      pack: z.string(),
      enabled: z.boolean(),
      /** the most restrictive level in force on the pack as a whole */
      level: holdLevel.nullable(),
      agents: z.number().int(),
      running: z.number().int(),
      frozen: z.number().int(),
      holds: z.array(hold),
    }),
  ),
});
export type PacksStatus = z.infer<typeof packsStatus>;

export const overview = z.object({
  severityLabels: z.record(z.string(), z.string()),
  openIncidents: z.array(incidentSummary),
  openAlerts: z.number().int(),
  holds: z.array(hold),
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
});
export type DetectionView = z.infer<typeof detectionView>;
