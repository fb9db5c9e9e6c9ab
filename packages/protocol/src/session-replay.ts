/** An agent's session as a conversation: what was said, called and done, with what Firebreak and people did to it in between. */
import { z } from "zod";
import { eventKind, redactionFact } from "./event.ts";
import { indicatorHit } from "./indicator.ts";
import { actor, holdLevel, holdScope } from "./killswitch.ts";
import { severity } from "./severity.ts";
import { eventView, pageOf, sessionView } from "./views.ts";

const time = z.string();

/** A text of an event, cut to a length that a page can bear; `length` is that of the whole, in characters. */
export const momentText = z.object({ text: z.string(), length: z.number().int() });
export type MomentText = z.infer<typeof momentText>;

/** What came of a call: joined by the id of the call, or, without one, because no other call of that tool was open. */
export const momentAnswer = z.object({
  seq: z.number().int(),
  at: time,
  outcome: z.string(),
  text: momentText.nullable(),
  durationMs: z.number().nullable(),
  joinedBy: z.enum(["call_id", "order"]),
});
export type MomentAnswer = z.infer<typeof momentAnswer>;

/** Who or what denied: the hold in force then, or what the gate said. */
export const momentDenial = z.object({
  reason: z.string().nullable(),
  /** `stopped`, `policy`, `lease_expired`, `gate_broken`, where the gate told it */
  denial: z.string().nullable(),
  /** the rule, budget, circuit breaker or limit of the policy */
  policy: z.string().nullable(),
  hold: z
    .object({ id: z.string(), scope: holdScope, target: z.string().nullable(), level: holdLevel, reason: z.string() })
    .nullable(),
});
export type MomentDenial = z.infer<typeof momentDenial>;

export const momentAlert = z.object({ id: z.string(), title: z.string(), severity, incidentId: z.string().nullable() });

/** One event whole, with the alerts that name it. */
export const eventDetail = z.object({ event: eventView, alerts: z.array(momentAlert) });
export type EventDetail = z.infer<typeof eventDetail>;

export const MOMENT_ROLES = [
  "prompt",
  "output",
  "thinking",
  "call",
  "answer",
  "command",
  "file",
  "network",
  "message",
  "auth",
  "transaction",
  "lifecycle",
  "log",
] as const;

/** One event of the session. */
const eventMoment = z.object({
  type: z.literal("event"),
  at: time,
  seq: z.number().int(),
  eventId: z.string(),
  agentId: z.string(),
  run: z.string().nullable(),
  source: z.string(),
  kind: eventKind,
  role: z.enum(MOMENT_ROLES),
  outcome: z.string(),
  risk: z.string().nullable(),
  resource: z.string().nullable(),
  /** the tool's name, the name of what happened */
  name: z.string().nullable(),
  model: z.string().nullable(),
  /** what was said, the command line, the address */
  text: momentText.nullable(),
  /** of a call, as JSON */
  arguments: momentText.nullable(),
  answer: momentAnswer.nullable(),
  denied: momentDenial.nullable(),
  alerts: z.array(momentAlert),
  redacted: z.array(redactionFact),
  indicators: z.array(indicatorHit),
  /** how long after it happened it was told, when that is long */
  lateMs: z.number().nullable(),
});

/** A time of which nothing is told. */
const gapMoment = z.object({
  type: z.literal("gap"),
  at: time,
  until: time,
  /** `silence`: not even a heartbeat of its supervisor; `idle`: heartbeats only; `pause`: nobody sends heartbeats of it */
  cause: z.enum(["silence", "idle", "pause"]),
});

/** A stop that began to bear on the session, or no longer does. */
const holdMoment = z.object({
  type: z.literal("hold"),
  at: time,
  change: z.enum(["stopped", "resumed"]),
  holdId: z.string(),
  scope: holdScope,
  target: z.string().nullable(),
  level: holdLevel,
  reason: z.string(),
  actor: actor.nullable(),
  incidentId: z.string().nullable(),
});

/** What people and Firebreak did about it: an entry of the timeline of the session's incident. */
const actMoment = z.object({
  type: z.literal("act"),
  at: time,
  kind: z.string(),
  incidentId: z.string(),
  actor,
  text: z.string(),
});

export const sessionMoment = z.discriminatedUnion("type", [eventMoment, gapMoment, holdMoment, actMoment]);
export type SessionMoment = z.infer<typeof sessionMoment>;
export type EventMoment = z.infer<typeof eventMoment>;

/** `next` and `previous` go back as `after` and `before`. */
export const sessionReplayPage = pageOf(sessionMoment).extend({ previous: z.string().nullable() });
export type SessionReplayPage = z.infer<typeof sessionReplayPage>;

/** A moment worth jumping to. */
export const sessionMark = z.object({
  seq: z.number().int(),
  at: time,
  cause: z.enum(["denied", "alert", "failure"]),
  text: z.string(),
});
export type SessionMark = z.infer<typeof sessionMark>;

/** What a session was, as a whole. */
export const sessionReplaySummary = z.object({
  id: z.string(),
  /** null for one that no supervisor registered, as of a transcript that was read */
  session: sessionView.nullable(),
  /** whose events it holds; more than one only when several gave it the same name */
  agents: z.array(z.object({ id: z.string(), pack: z.string().nullable() })),
  firstAt: time,
  lastAt: time,
  events: z.number().int(),
  denied: z.number().int(),
  failed: z.number().int(),
  kinds: z.array(z.object({ kind: eventKind, count: z.number().int() })),
  incidents: z.array(z.object({ id: z.string(), title: z.string() })),
  /** in order of time, at most 500 */
  marks: z.array(sessionMark),
  marksCut: z.boolean(),
});
export type SessionReplaySummary = z.infer<typeof sessionReplaySummary>;
