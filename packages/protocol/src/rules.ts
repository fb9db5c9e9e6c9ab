import { z } from "zod";
import { explanationView } from "./explanation.ts";
import { actor } from "./killswitch.ts";

const time = z.string();
const nullableTime = time.nullable();
const logsource = z.record(z.string(), z.string());

/** Why a rule file, or a rule in it, does not load. */
export const ruleFault = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  remedy: z.string(),
});
export type RuleFault = z.infer<typeof ruleFault>;

/** A rule with its health. Counts are of what was judged here, by the server's clock. */
export const ruleView = z.object({
  id: z.string(),
  title: z.string(),
  level: z.string(),
  status: z.string().nullable(),
  file: z.string(),
  line: z.number().int(),
  kind: z.enum(["selection", "correlation"]),
  description: z.string(),
  tags: z.array(z.string()),
  logsource: logsource.nullable(),
  /** false: it only feeds correlations */
  alerts: z.boolean(),
  hits24h: z.number().int(),
  hits7d: z.number().int(),
  lastHitAt: nullableTime,
  alerts30d: z.number().int(),
  /** alerts of the last 30 days that a person marked as false */
  falsePositives: z.number().int(),
  /** microseconds an event, asked alone; null until it was measured */
  costMicros: z.number().nullable(),
  /** what somebody should do about it */
  hint: z.string().nullable(),
});
export type RuleView = z.infer<typeof ruleView>;

export const rulesView = z.object({ rules: z.array(ruleView), errors: z.array(ruleFault) });
export type RulesView = z.infer<typeof rulesView>;

export const falsePositive = z.object({ reason: z.string(), by: actor, at: time });
export type FalsePositive = z.infer<typeof falsePositive>;

/** An alert as its rule shows it. */
export const ruleAlert = z.object({
  alertId: z.string(),
  sentence: z.string(),
  agentId: z.string().nullable(),
  incidentId: z.string().nullable(),
  occurrences: z.number().int(),
  at: time,
  falsePositive: falsePositive.nullable(),
});
export type RuleAlert = z.infer<typeof ruleAlert>;

/** One rule: its file, what it is related to, and what became of it. */
export const ruleDetail = ruleView.extend({
  /** the whole file; empty when it is too long to show */
  source: z.string(),
  /** rules that a correlation refers to, and correlations that refer to the rule, by id */
  uses: z.array(z.string()),
  usedBy: z.array(z.string()),
  /** what the author says may trigger it wrongly */
  falsePositiveNotes: z.array(z.string()),
  /** hits by the hour, of the last seven days; hours without one are left out */
  hours: z.array(z.object({ at: time, hits: z.number().int() })),
  /** the newest alerts it raised, and the newest that were marked as false */
  recentAlerts: z.array(ruleAlert),
  marks: z.array(ruleAlert),
});
export type RuleDetail = z.infer<typeof ruleDetail>;

const reports = z.record(z.string(), z.number().int());
export const ruleCasesView = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      passed: z.boolean(),
      /** of several commands, the first that differs */
      command: z.string().nullable(),
      expected: reports,
      got: reports,
    }),
  ),
  problems: z.array(z.string()),
});
export type RuleCasesView = z.infer<typeof ruleCasesView>;

export const TRY_LIMITS = { eventsMax: 200, ruleCharactersMax: 256 * 1024 } as const;

export const tryRequest = z.strictObject({
  events: z.array(z.record(z.string(), z.unknown())).min(1).max(TRY_LIMITS.eventsMax),
  /** text of a rule file; without it the rules in force are tried */
  rule: z.string().max(TRY_LIMITS.ruleCharactersMax).optional(),
  /** explain this rule; without it, those of the text, or those that match */
  ruleId: z.string().min(1).max(256).optional(),
});
export type TryRequest = z.infer<typeof tryRequest>;

/** `index`: the event's position in the request. */
export const tryView = z.object({
  errors: z.array(ruleFault),
  matches: z.array(
    z.object({
      index: z.number().int(),
      ruleId: z.string(),
      title: z.string(),
      level: z.string(),
      sentence: z.string(),
    }),
  ),
  explanations: z.array(explanationView),
});
export type TryView = z.infer<typeof tryView>;

export const REPLAY_LIMITS = { eventsMax: 2_000_000, filesMax: 500, charactersMax: 900 * 1024, rulesMax: 200 } as const;

export const replayRequest = z
  .strictObject({
    /** by the time of receipt */
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
    /** only these rules, with what they refer to */
    ruleIds: z.array(z.string().min(1).max(256)).min(1).max(REPLAY_LIMITS.rulesMax).optional(),
    /** rule files to replay with; without them, those in force */
    rules: z
      .array(z.strictObject({ name: z.string().min(1).max(1024), text: z.string() }))
      .min(1)
      .max(REPLAY_LIMITS.filesMax)
      .optional(),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { message: "must be after `from`", path: ["to"] })
  .refine(({ rules = [] }) => rules.reduce((sum, { text }) => sum + text.length, 0) <= REPLAY_LIMITS.charactersMax, {
    message: `the rule files have more than ${REPLAY_LIMITS.charactersMax} characters together`,
    path: ["rules"],
  });
export type ReplayRequest = z.infer<typeof replayRequest>;

export const replayState = z.enum(["pending", "running", "done", "failed", "cancelled"]);
export type ReplayState = z.infer<typeof replayState>;

const tally = z.object({ value: z.string(), count: z.number().int() });

/** One would-be alert against what really happened: `new` was not raised, `same` was, `lost` would not be raised. */
export const replayFinding = z.object({
  status: z.enum(["new", "same", "lost"]),
  ruleId: z.string(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  /** when the first match would have been; of a lost one, when it was raised */
  at: time,
  /** from the first event that the match is made of to the one that completes it */
  afterFirstEventMs: z.number().nullable(),
  alertId: z.string().nullable(),
  matches: z.number().int(),
  sentence: z.string(),
});
export type ReplayFinding = z.infer<typeof replayFinding>;

export const replayRule = z.object({
  id: z.string(),
  title: z.string(),
  level: z.string(),
  matches: z.number().int(),
  perDay: z.number(),
  firstAt: nullableTime,
  lastAt: nullableTime,
  new: z.number().int(),
  same: z.number().int(),
  lost: z.number().int(),
  /** by bucket number; buckets without anything are left out */
  buckets: z.array(z.object({ bucket: z.number().int(), matches: z.number().int(), alerts: z.number().int() })),
  agents: z.array(tally),
  values: z.array(tally),
});
export type ReplayRule = z.infer<typeof replayRule>;

export const replayResult = z.object({
  events: z.number().int(),
  matches: z.number().int(),
  /** true: the limit of events was reached before the end of the range */
  truncated: z.boolean(),
  /** seconds it took */
  seconds: z.number(),
  bucketMs: z.number(),
  buckets: z.number().int(),
  /** rules that were asked */
  rulesAsked: z.number().int(),
  /** rules that matched or had alerts, the ones with most new findings first */
  rules: z.array(replayRule),
  rulesOmitted: z.number().int(),
  findings: z.array(replayFinding),
  findingsOmitted: z.number().int(),
  errors: z.array(ruleFault),
});
export type ReplayResult = z.infer<typeof replayResult>;

export const replaySummary = z.object({
  id: z.string(),
  state: replayState,
  from: time,
  to: time,
  ruleIds: z.array(z.string()).nullable(),
  /** how many files were sent with it; null: the rules in force */
  ruleFiles: z.number().int().nullable(),
  requestedBy: actor,
  requestedAt: time,
  startedAt: nullableTime,
  endedAt: nullableTime,
  progress: z.object({ events: z.number().int(), matches: z.number().int(), share: z.number() }),
  problem: z.string().nullable(),
});
export type ReplaySummary = z.infer<typeof replaySummary>;
export const replayView = replaySummary.extend({ result: replayResult.nullable() });
export type ReplayView = z.infer<typeof replayView>;
