import { z } from "zod";
import { entityName } from "./event.ts";
import { BREAKER_SUBJECTS, BUDGET_SHARES, BUDGET_WINDOWS, METRICS, POLICY_MODES } from "./policy.ts";
import { ruleFault } from "./rules.ts";

const mode = z.enum(POLICY_MODES).exclude(["off"]);
const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
/** A tool, integration, agent or pack: names that come from agents may be anything. */
const subjectName = z.string().min(1).max(1024);

export const throttleView = z.object({
  level: z.string(),
  maxConcurrent: z.number().int().nullable(),
  delayMs: z.number(),
  reason: z.string(),
  until: z.string(),
});

/** The policy that gates have, and what of its files is not in it. */
export const policyView = z.object({
  /** of what was published last; null when nothing ever was */
  epoch: z.number().int().nullable(),
  hash: z.string().nullable(),
  rules: z.array(z.object({ id: z.string(), title: z.string(), mode, file: z.string(), line: z.number().int() })),
  budgets: z.array(z.object({ name: z.string(), mode, per: z.string(), window: z.string(), limits: z.string() })),
  breakers: z.array(z.object({ name: z.string(), mode, per: z.string(), opensOn: z.string(), openForMs: z.number() })),
  concurrency: z.array(z.object({ name: z.string(), mode, per: z.string(), max: z.number().int() })),
  throttle: throttleView.nullable(),
  problems: z.array(ruleFault),
});
export type PolicyView = z.infer<typeof policyView>;

/** One limit of one budget in its present window. */
export const budgetView = z.object({
  budget: z.string(),
  per: z.enum(BUDGET_SHARES),
  subject: z.string(),
  metric: z.enum(METRICS),
  window: z.enum(BUDGET_WINDOWS),
  windowStart: z.string(),
  windowEnd: z.string(),
  limit: z.number(),
  /** with what processes took ahead of spending it */
  taken: z.number(),
  exhausted: z.boolean(),
  /** false: the policy has no such budget any more */
  inForce: z.boolean(),
  reset: z.object({ by: z.string(), at: z.string() }).nullable(),
});
export type BudgetView = z.infer<typeof budgetView>;

export const breakerState = z.enum(["closed", "open", "half_open", "isolated"]);
export const breakerView = z.object({
  breaker: z.string(),
  per: z.enum(BREAKER_SUBJECTS),
  subject: z.string(),
  state: breakerState,
  /** since when it is open or isolated, and why */
  since: z.string().nullable(),
  reason: z.string().nullable(),
  /** who isolated it */
  by: z.string().nullable(),
  /** when the next act may probe */
  probeFrom: z.string().nullable(),
  inForce: z.boolean(),
});
export type BreakerView = z.infer<typeof breakerView>;

export const resetBudgetRequest = z.strictObject({
  budget: entityName,
  subject: subjectName,
  metric: z.enum(METRICS).optional(),
  reason,
});
export type ResetBudgetRequest = z.infer<typeof resetBudgetRequest>;

export const breakerRequest = z.strictObject({ breaker: entityName, subject: subjectName, reason });
export type BreakerRequest = z.infer<typeof breakerRequest>;
