import type { BreakerPolicy, BudgetPolicy, ConcurrencyPolicy, PublishedPolicy } from "@firebreak/protocol/policy";
import { METRICS } from "@firebreak/protocol/policy";
import type { GateAction } from "./action.ts";
import type { ActingAgent } from "./action-fields.ts";
import { Breaker } from "./breaker.ts";
import { BudgetCounter } from "./budget-counter.ts";
import type { RuleJudge } from "./judge-rules.ts";
import { createRuleJudge } from "./judge-rules.ts";
import { selects } from "./selector.ts";

/** What of a policy concerns acts with one tool and integration. */
export interface Plan {
  readonly budgets: readonly BudgetCounter[];
  readonly breakers: readonly Breaker[];
  readonly slots: readonly { readonly policy: ConcurrencyPolicy; readonly subject: string }[];
}

/** A policy as one agent's gate applies it. */
export interface CompiledPolicy {
  readonly hash: string;
  readonly judge: RuleJudge | null;
  planFor(action: GateAction): Plan;
  /** Gives back what was taken of budgets and not spent. */
  close(now: number): void;
}

/** Plans and breakers that are remembered; names come from agents and servers. */
const REMEMBERED_MAX = 1000;

/** @throws when a rule does not compile */
export function compilePolicy(policy: PublishedPolicy, agent: ActingAgent, ledgerDir: string): CompiledPolicy {
  const counters = countersOf(policy, agent, ledgerDir);
  const breakers = new Map<string, Breaker>();
  const plans = new Map<string, Plan>();
  const breakerOf = (entry: BreakerPolicy, subject: string): Breaker => {
    const key = `${entry.name}\n${subject}`;
    const known = breakers.get(key) ?? new Breaker(entry, subject, ledgerDir);
    return remember(breakers, key, known);
  };
  return {
    hash: policy.hash,
    judge: createRuleJudge(policy),
    planFor: (action) => {
      const key = `${action.tool ?? ""}\n${action.integration ?? ""}`;
      return (
        plans.get(key) ?? remember(plans, key, makePlan(policy, { ...agent, ...namesOf(action) }, counters, breakerOf))
      );
    },
    close: (now) => {
      for (const counter of counters) counter.close(now);
    },
  };
}

function namesOf({ tool, integration }: GateAction) {
  return { tool, integration };
}

function remember<V>(map: Map<string, V>, key: string, value: V): V {
  if (map.size >= REMEMBERED_MAX) map.clear();
  map.set(key, value);
  return value;
}

type Subject = ActingAgent & Pick<GateAction, "tool" | "integration">;

function makePlan(
  policy: PublishedPolicy,
  subject: Subject,
  counters: readonly BudgetCounter[],
  breakerOf: (entry: BreakerPolicy, subject: string) => Breaker,
): Plan {
  return {
    budgets: counters.filter((counter) => selects(counter.policy.for, subject)),
    breakers: policy.breakers.flatMap((entry) => {
      const guarded = subject[entry.per];
      return guarded === undefined || !selects(entry.for, subject) ? [] : [breakerOf(entry, guarded)];
    }),
    slots: policy.concurrency.flatMap((entry) => {
      const counted = subject[entry.per];
      return counted === undefined || !selects(entry.for, subject) ? [] : [{ policy: entry, subject: counted }];
    }),
  };
}

function countersOf(policy: PublishedPolicy, agent: ActingAgent, ledgerDir: string): BudgetCounter[] {
  const { timeZone } = policy;
  return policy.budgets.flatMap((entry) => {
    const subject = sharerOf(entry, agent);
    if (subject === undefined) return [];
    return METRICS.flatMap((metric) => {
      const limit = entry.limits[metric];
      return limit === undefined
        ? []
        : [new BudgetCounter({ policy: entry, metric, limit, subject, timeZone, ledgerDir })];
    });
  });
}

/** @returns who the budget belongs to; undefined when it is for packs and the agent is in none */
function sharerOf({ per }: BudgetPolicy, { agent, pack }: ActingAgent): string | undefined {
  switch (per) {
    case "agent":
      return agent;
    case "pack":
      return pack;
    case "host":
      return "host";
    default:
      return per satisfies never;
  }
}
