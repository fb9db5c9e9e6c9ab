import { z } from "zod";

/** What can stand between the name and the value of a matcher; `=~` and `!~` take a regular expression for the whole value. */
export const MATCHER_OPERATORS = ["=", "!=", "=~", "!~"] as const;

/** One condition on an alert's labels. A label that is absent counts as empty. */
export const matcher = z.strictObject({
  name: z.string().min(1).max(128),
  op: z.enum(MATCHER_OPERATORS),
  value: z.string().max(1024),
});
export type Matcher = z.infer<typeof matcher>;

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const wallTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "use a time like 22:30");

/**
 * Again and again: on these days, from one wall-clock time to the other in the zone. One that ends at or before its
 * beginning goes on until the next day.
 */
export const weeklyWindow = z.strictObject({
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .max(7)
    .refine((days) => new Set(days).size === days.length, "name each day once"),
  from: wallTime,
  to: wallTime,
  /** IANA, for example Europe/Berlin */
  timeZone: z.string().min(1).max(64),
});
export type WeeklyWindow = z.infer<typeof weeklyWindow>;

export const alertLink = z.object({ href: z.string(), text: z.string() });
export type AlertLink = z.infer<typeof alertLink>;

/** Why an alert is over. `unknown` is for what was resolved before this was kept. */
export const ALERT_RESOLUTIONS = ["sender", "expired", "person", "incident", "resumed", "unknown"] as const;
export const alertResolution = z.enum(ALERT_RESOLUTIONS);
export type AlertResolution = z.infer<typeof alertResolution>;

/** Where the pipeline has an alert: not looked at yet, with its incident, or held back by one of the stages. */
export const ALERT_DISPOSITIONS = ["undecided", "incident", "held"] as const;
export const alertDisposition = z.enum(ALERT_DISPOSITIONS);
export type AlertDisposition = z.infer<typeof alertDisposition>;

/** The stages every alert passes, in order; of `storm` nothing is said where none is on. */
export const ALERT_STAGES = [
  "normalise",
  "deduplicate",
  "group",
  "inhibit",
  "silence",
  "maintenance",
  "route",
  "repeat",
  "storm",
] as const;
export type AlertStage = (typeof ALERT_STAGES)[number];

/** Everything each stage can decide. */
export const ALERT_REASONS = {
  normalise: ["as_sent", "normalised"],
  deduplicate: ["first", "recurred", "resolved_already"],
  group: ["by_agent", "by_sender", "by_route", "alone"],
  inhibit: ["not_inhibited", "inhibited", "spared"],
  silence: ["not_silenced", "silenced", "spared"],
  maintenance: ["no_maintenance", "in_maintenance", "spared"],
  route: ["default_route", "routed", "kept_by_route", "spared"],
  repeat: ["told_now", "told_already", "told_recently"],
  storm: ["rule_storm", "wide_storm", "agent_storm"],
} as const satisfies Record<AlertStage, readonly string[]>;
export type AlertReason = (typeof ALERT_REASONS)[AlertStage][number];

/** What one stage decided. `by` names the silence, window, alert or route; `until` is when it is looked at again. */
export const stageDecision = z.object({
  stage: z.enum(ALERT_STAGES),
  reason: z.enum([...new Set(Object.values(ALERT_REASONS).flat())]),
  by: z.string().nullable(),
  until: z.string().nullable(),
});
export type StageDecision = z.infer<typeof stageDecision>;

export const SILENCE_KINDS = ["silence", "maintenance"] as const;
export const silenceKind = z.enum(SILENCE_KINDS);
export type SilenceKind = z.infer<typeof silenceKind>;

/** `waiting` is between two stretches of a weekly window. */
export const SILENCE_STATES = ["pending", "active", "waiting", "expired"] as const;
export const silenceState = z.enum(SILENCE_STATES);
export type SilenceState = z.infer<typeof silenceState>;

/** What each reason means, for people; `by` of the decision stands in the place of %. */
const REASON_WORDS: Readonly<Record<AlertReason, string>> = {
  as_sent: "taken as it was sent",
  normalised: "read otherwise than it was sent, see its notes",
  first: "the first alert of its key",
  recurred: "came back after it was resolved",
  resolved_already: "was resolved before anybody had to be told",
  by_agent: "shares the incident of its agent",
  by_sender: "shares the incident of its sender's group",
  by_route: "shares the incident of its group in the route %",
  alone: "shares an incident with nothing but its own repeats",
  not_inhibited: "no other alert explains it",
  inhibited: "held while the alert % is open, which explains it",
  spared: "% would hold it, but it contains an agent by itself",
  not_silenced: "no silence is on",
  silenced: "held by the silence %",
  no_maintenance: "no maintenance is on",
  in_maintenance: "held by the maintenance window %",
  default_route: "no route is for it: it opens an incident",
  routed: "opens an incident by the route %",
  kept_by_route: "the route % opens no incident for it",
  told_now: "told now",
  told_already: "told before, in %",
  told_recently: "told shortly before; the route % tells it again later",
  rule_storm: "joined the storm %, because its rule opened too many incidents in a short time",
  wide_storm: "joined the storm %, because too many incidents were opened in a short time, of all rules together",
  agent_storm: "joined the storm %, because its agent is in it and it is no graver",
};

/**
 * @param showTime how a time (ISO 8601) reads to whoever is told
 * @returns the decision of a stage as words
 */
export function explainDecision({ reason, by, until }: StageDecision, showTime: (iso: string) => string): string {
  const words = REASON_WORDS[reason].replace("%", by ?? "-");
  return until === null ? words : `${words}, until ${showTime(until)}`;
}
