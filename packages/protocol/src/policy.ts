/**
 * What gates enforce beside holds, as `policy.json` in the kill switch's directory and the feed carry it. Without any
 * dependency, so that an agent's process can carry it. What people write is `policy-file.ts`.
 */

/** What a hit does: deny the act, let it through with a warning, only tell the server, nothing. */
export const POLICY_MODES = ["enforce", "warn", "monitor", "off"] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];
export type ActiveMode = Exclude<PolicyMode, "off">;

/** What an act may cost. `calls` counts acts; `money` and `value` are in the units of whoever writes the policy. */
export const METRICS = ["calls", "tokens", "money", "value"] as const;
export type Metric = (typeof METRICS)[number];
export type Cost = { readonly [M in Metric]?: number | undefined };

export const BUDGET_WINDOWS = ["minute", "hour", "day"] as const;
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];
/** Who shares one budget: each agent its own, each pack its own, everything on this host together. */
export const BUDGET_SHARES = ["agent", "pack", "host"] as const;
export type BudgetShare = (typeof BUDGET_SHARES)[number];
/** What a circuit breaker guards: each has a state of its own. */
export const BREAKER_SUBJECTS = ["agent", "tool", "integration"] as const;
export type BreakerSubject = (typeof BREAKER_SUBJECTS)[number];
export const CONCURRENCY_SUBJECTS = ["agent", "tool"] as const;
export type ConcurrencySubject = (typeof CONCURRENCY_SUBJECTS)[number];

/** Whom an entry is for: names, in which `*` stands for any characters. A list that is absent means all. */
export interface PolicySelector {
  readonly agents?: readonly string[] | undefined;
  readonly packs?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly integrations?: readonly string[] | undefined;
}

interface PolicyEntry {
  readonly name: string;
  readonly mode: ActiveMode;
  readonly for: PolicySelector;
}

export interface BudgetPolicy extends PolicyEntry {
  readonly per: BudgetShare;
  readonly window: BudgetWindow;
  readonly limits: Cost;
  /** the share of a limit, in percent, at which it is told that it runs low */
  readonly warnAt: number;
}

export interface BreakerPolicy extends PolicyEntry {
  readonly per: BreakerSubject;
  /** this many failures within the window open it; null when only the share counts */
  readonly failures: number | null;
  /** this share of failures within the window, in percent, opens it; null when only the number counts */
  readonly errorPercent: number | null;
  /** how many outcomes there must be before the share counts */
  readonly minimum: number;
  readonly windowMs: number;
  /** how long it stays open before one act is let through to probe */
  readonly openMs: number;
}

export interface ConcurrencyPolicy extends PolicyEntry {
  readonly per: ConcurrencySubject;
  /** acts under way at once in one gate */
  readonly max: number;
}

/** What the resource guard asks of all gates while the machine is short of something. */
export interface Throttle {
  readonly level: string;
  /** acts under way at once in one gate; 0 lets no new act begin, null sets no limit */
  readonly maxConcurrent: number | null;
  /** how long each act waits before it begins */
  readonly delayMs: number;
  readonly reason: string;
  /** ISO 8601: it ends then unless it is renewed, so that a guard that died throttles nobody for ever */
  readonly until: string;
}

/** A file of Sigma rules, as it stands on disk. */
export interface PolicyRuleSource {
  readonly name: string;
  readonly text: string;
}

/** The Sigma rules' log source: what a gate is asked about. */
export const ACT_LOGSOURCE = { product: "ai_agent", category: "agent_events" } as const;

export interface PublishedPolicy {
  readonly v: 1;
  /** rises with every publication */
  readonly epoch: number;
  /** SHA-256 of everything below but the throttle: gates compile rules anew only when it changed */
  readonly hash: string;
  /** in which days begin */
  readonly timeZone: string;
  readonly rules: readonly PolicyRuleSource[];
  /** what `%name%` stands for in rules */
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
  readonly budgets: readonly BudgetPolicy[];
  readonly breakers: readonly BreakerPolicy[];
  readonly concurrency: readonly ConcurrencyPolicy[];
  readonly throttle: Throttle | null;
}

/** bytes of `policy.json` that a gate reads */
export const POLICY_BYTES_MAX = 4 * 1024 * 1024;

/** The largest amount of each metric that is believed. What is above is a mistake or an attack, and refused. */
export const AMOUNT_MAX: Readonly<Record<Metric, number>> = { calls: 1e9, tokens: 1e12, money: 1e9, value: 1e9 };

/** @returns null when the cost can be counted, else what is wrong with it */
export function problemOfCost(cost: Cost): string | null {
  for (const metric of METRICS) {
    const amount: unknown = cost[metric];
    if (amount === undefined) continue;
    const isNumber = typeof amount === "number";
    if (isNumber && amount >= 0 && amount <= AMOUNT_MAX[metric]) continue;
    return `${metric} is ${isNumber ? amount : "no number"}; an amount is a number from 0 to ${AMOUNT_MAX[metric]}`;
  }
  return null;
}
