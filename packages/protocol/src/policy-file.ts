import { z } from "zod";
import { entityName } from "./event.ts";
import {
  AMOUNT_MAX,
  BREAKER_SUBJECTS,
  BUDGET_SHARES,
  BUDGET_WINDOWS,
  CONCURRENCY_SUBJECTS,
  METRICS,
  POLICY_MODES,
} from "./policy.ts";
import type { Metric } from "./policy.ts";

/** The file `policies/*.yaml` as people write it; a JSON Schema for editors is made from it. */

const ENTRIES_MAX = 200;
const NAMES_MAX = 200;
const SECONDS_MAX = 86_400;

const pattern = z.string().min(1).max(128).describe("A name; * stands for any characters.");
const patterns = z.array(pattern).min(1).max(NAMES_MAX).optional();

const selector = z
  .strictObject({ agents: patterns, packs: patterns, tools: patterns, integrations: patterns })
  .default({})
  .describe("Whom it is for; a list that is left out means all.");

const seconds = z
  .string()
  .regex(/^[1-9]\d{0,5}(?:s|m|h)$/, "write a time like 30s, 5m or 1h")
  .refine((text) => secondsOf(text) <= SECONDS_MAX, "at most 24h");

/** @returns seconds of a text like `30s`, `5m` or `1h` */
export function secondsOf(text: string): number {
  const unit = text.endsWith("h") ? 3600 : text.endsWith("m") ? 60 : 1;
  return Number.parseInt(text, 10) * unit;
}

const entry = {
  name: entityName.describe("By what denials, events and commands call it."),
  mode: z.enum(POLICY_MODES).default("enforce"),
  for: selector,
};

const amount = (metric: Metric) => {
  const number = metric === "calls" || metric === "tokens" ? z.int() : z.number();
  return number.min(0).max(AMOUNT_MAX[metric]).optional();
};

export const budgetEntry = z.strictObject({
  ...entry,
  per: z.enum(BUDGET_SHARES).describe("Who shares it: each agent its own, each pack its own, all on this host."),
  window: z.enum(BUDGET_WINDOWS).describe("Days begin at midnight in the time zone of the profile."),
  limits: z
    .strictObject({
      calls: amount("calls"),
      tokens: amount("tokens"),
      money: amount("money"),
      value: amount("value"),
    })
    .refine((limits) => METRICS.some((metric) => limits[metric] !== undefined), "give at least one limit"),
  warnAt: z.number().min(1).max(100).default(80).describe("Percent of a limit at which it is told."),
});

export const breakerEntry = z
  .strictObject({
    ...entry,
    per: z.enum(BREAKER_SUBJECTS),
    failures: z.int().min(1).max(1000).optional().describe("So many failures within the window open it."),
    errorPercent: z.number().gt(0).max(100).optional().describe("This share of failures opens it."),
    minimum: z.int().min(2).max(100_000).default(10).describe("Outcomes before the share counts."),
    window: seconds.default("60s"),
    openFor: seconds.default("180s").describe("Then one act is let through to probe."),
  })
  .refine(
    ({ failures, errorPercent }) => failures !== undefined || errorPercent !== undefined,
    "give failures, errorPercent or both",
  );

export const concurrencyEntry = z.strictObject({
  ...entry,
  per: z.enum(CONCURRENCY_SUBJECTS),
  max: z.int().min(1).max(10_000).describe("Acts under way at once in one gate."),
});

export const policyFile = z.strictObject({
  policy: z.literal(1).describe("The version of this format."),
  budgets: z.array(budgetEntry).max(ENTRIES_MAX).default([]),
  breakers: z.array(breakerEntry).max(ENTRIES_MAX).default([]),
  concurrency: z.array(concurrencyEntry).max(ENTRIES_MAX).default([]),
});
export type PolicyFile = z.infer<typeof policyFile>;
