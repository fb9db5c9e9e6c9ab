/** What the API answers about alerts and what mutes them. Times are ISO 8601 in UTC. */
import { z } from "zod";
import {
  alertDisposition,
  alertLink,
  alertResolution,
  matcher,
  silenceKind,
  silenceState,
  stageDecision,
  WEEKDAYS,
} from "./alert.ts";
import { incidentType } from "./incident.ts";
import { actor } from "./killswitch.ts";
import { falsePositive } from "./rules.ts";
import { severity } from "./severity.ts";

const time = z.string();
const nullableTime = z.string().nullable();

export const alertView = z.object({
  id: z.string(),
  /** null for what a sender reported */
  ruleId: z.string().nullable(),
  /** who says so: `detection`, or a configured source */
  source: z.string(),
  /** `sigma`, or the sender's format */
  kind: z.string(),
  /** which alert of the source it is */
  key: z.string(),
  /** 1 for the first alert of this key, 2 for the one after it was resolved … */
  occurrence: z.number().int(),
  title: z.string(),
  level: z.string(),
  severity,
  severityLabel: z.string(),
  incidentType,
  status: z.enum(["open", "resolved"]),
  agentId: z.string().nullable(),
  pack: z.string().nullable(),
  sessionId: z.string().nullable(),
  /** why the rule fired, as a sentence */
  sentence: z.string(),
  detail: z.unknown(),
  firstEventAt: time,
  lastEventAt: time,
  occurrences: z.number().int(),
  eventIds: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  links: z.array(alertLink),
  /** what was read otherwise than it was sent */
  notes: z.array(z.string()),
  disposition: alertDisposition,
  /** what each stage of the pipeline decided, in order; the last one says why it is held */
  decision: z.array(stageDecision),
  incidentId: z.string().nullable(),
  createdAt: time,
  /** resolves by itself then, unless heard again */
  endsAt: nullableTime,
  /** not heard again since then, and not resolved */
  staleSince: nullableTime,
  acknowledgedAt: nullableTime,
  acknowledgedBy: actor.nullable(),
  resolvedAt: nullableTime,
  resolvedBy: actor.nullable(),
  resolution: alertResolution.nullable(),
  /** what a person said who marked it as false */
  falsePositive: falsePositive.nullable(),
});
export type AlertView = z.infer<typeof alertView>;

/** A silence, or a maintenance window. It is never changed: an edit is a new one that replaces it. */
export const silenceView = z.object({
  id: z.string(),
  kind: silenceKind,
  state: silenceState,
  matchers: z.array(matcher),
  /** the matchers as a person writes them */
  matchersText: z.string(),
  owner: z.string(),
  reason: z.string(),
  startsAt: time,
  endsAt: time,
  /** null: all the time from `startsAt` to `endsAt` */
  weekly: z
    .object({ days: z.array(z.enum(WEEKDAYS)), from: z.string(), to: z.string(), timeZone: z.string() })
    .nullable(),
  /** when the stretch that is on now ends; null when none is */
  activeUntil: nullableTime,
  /** true: it also holds alerts that contain an agent by themselves, so the agent runs on */
  mutesContainment: z.boolean(),
  /** open alerts it holds back now */
  holding: z.number().int(),
  replaces: z.string().nullable(),
  createdBy: actor,
  createdAt: time,
  expiredAt: nullableTime,
  expiredBy: actor.nullable(),
  expireReason: z.string().nullable(),
});
export type SilenceView = z.infer<typeof silenceView>;

/** What matchers would mute if they were a silence now. */
export const silencePreview = z.object({
  openAlerts: z.number().int(),
  matched: z.number().int(),
  /** of the matched: those that contain an agent by themselves, which a silence spares unless it says otherwise */
  containing: z.number().int(),
  /** why it needs an explicit confirmation; empty when it does not */
  warnings: z.array(z.string()),
  /** the newest of the matched */
  sample: z.array(alertView),
});
export type SilencePreview = z.infer<typeof silencePreview>;
