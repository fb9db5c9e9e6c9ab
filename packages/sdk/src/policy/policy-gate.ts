import type { Cost, Throttle } from "@firebreak/protocol/policy";
import { problemOfCost } from "@firebreak/protocol/policy";
import type { GateClock } from "../clock.ts";
import type { TelemetryEvent } from "../telemetry.ts";
import type { GateAction } from "./action.ts";
import type { ActingAgent } from "./action-fields.ts";
import type { Breaker } from "./breaker.ts";
import type { BudgetCounter } from "./budget-counter.ts";
import type { CompiledPolicy, Plan } from "./compiled-policy.ts";
import { compilePolicy } from "./compiled-policy.ts";
import type { PolicyFinding, PolicyPart } from "./finding.ts";
import { PolicyBrokenError } from "./finding.ts";
import type { PolicyReader } from "./read-policy.ts";
import { createTeller } from "./tell.ts";
import type { Tell } from "./tell.ts";

export interface PolicyGateOptions {
  readonly reader: PolicyReader;
  /** undefined: no place to count in; a policy with budgets or breakers then denies */
  readonly ledgerDir: string | undefined;
  readonly agent: ActingAgent;
  readonly clock: GateClock;
  readonly emit: (event: TelemetryEvent) => boolean;
}

/** How an act ended. */
export interface ActEnd {
  /** it failed: circuit breakers count it */
  readonly failed?: boolean | undefined;
  /** what it did cost, where that differs from what was said before */
  readonly cost?: Cost | undefined;
}

export type PolicyAnswer =
  | { readonly allowed: true; readonly warnings: readonly PolicyFinding[]; readonly delayMs: number }
  | { readonly allowed: false; readonly finding: PolicyFinding };

export interface PolicyGate {
  /** Reads the policy when it changed. @returns what is wrong with it, if anything */
  look(): string | null;
  readonly epoch: number | null;
  /** false while nothing was published: then nothing needs to be asked */
  readonly isActive: boolean;
  /** @throws PolicyBrokenError when it cannot know */
  check(action: GateAction): PolicyAnswer;
  /** Takes what the act needs. @returns also what to call when it ended. @throws PolicyBrokenError */
  begin(action: GateAction): { readonly answer: PolicyAnswer; readonly end: (end: ActEnd) => void };
  close(): void;
}

interface Machine extends PolicyGateOptions {
  readonly tell: Tell;
  readonly underWay: Map<string, number>;
  compiled: CompiledPolicy | null;
  throttle: (Throttle & { readonly untilMs: number }) | null;
  epoch: number | null;
  seen: ReturnType<PolicyReader["look"]> | null;
  problem: string | null;
  acts: number;
}

const NOTHING: PolicyAnswer = { allowed: true, warnings: [], delayMs: 0 };
const ENDED = () => {};

export function createPolicyGate(options: PolicyGateOptions): PolicyGate {
  const machine: Machine = {
    ...options,
    tell: createTeller(options),
    underWay: new Map(),
    compiled: null,
    throttle: null,
    epoch: null,
    seen: null,
    problem: null,
    acts: 0,
  };
  return {
    look: () => look(machine),
    get epoch() {
      return machine.epoch;
    },
    get isActive() {
      return machine.compiled !== null || machine.throttle !== null;
    },
    check: (action) => answerOf(machine, action, judge(machine, action)),
    begin: (action) => begin(machine, action),
    close: () => machine.compiled?.close(machine.clock.now()),
  };
}

/** A file that broke or went back keeps the last good policy in force; with none before, nothing is let through. */
function look(machine: Machine): string | null {
  const seen = machine.reader.look();
  if (seen === machine.seen) return machine.problem;
  machine.seen = seen;
  machine.problem = adopt(machine, seen);
  return machine.problem;
}

function adopt(machine: Machine, seen: ReturnType<PolicyReader["look"]>): string | null {
  const kept = machine.epoch === null ? "" : `; the policy of epoch ${machine.epoch} stays in force`;
  if (seen.state === "none") return machine.epoch === null ? null : `the policy is gone${kept}`;
  if (seen.state === "broken") return `${seen.problem}${kept}`;
  const { policy } = seen;
  if (machine.epoch !== null && policy.epoch < machine.epoch)
    return `the policy went back to epoch ${policy.epoch}: somebody put an older one there${kept}`;
  if (machine.compiled?.hash !== policy.hash) {
    try {
      const compiled = compilePolicy(policy, machine.agent, machine.ledgerDir ?? "");
      machine.compiled?.close(machine.clock.now());
      machine.compiled = compiled;
    } catch (fault) {
      return `the policy of epoch ${policy.epoch} is not in force: ${textOf(fault)}${kept}`;
    }
  }
  machine.epoch = policy.epoch;
  machine.throttle =
    policy.throttle === null ? null : { ...policy.throttle, untilMs: Date.parse(policy.throttle.until) };
  return null;
}

interface Judged {
  readonly findings: readonly PolicyFinding[];
  readonly plan: Plan | null;
  readonly delayMs: number;
}

/** Everything that the policy has against the act, without taking anything. */
function judge(machine: Machine, action: GateAction): Judged {
  const now = machine.clock.now();
  const findings: PolicyFinding[] = [];
  const problem = action.cost === undefined ? null : problemOfCost(action.cost);
  if (problem !== null) findings.push(finding("cost", "cost", `the cost cannot be counted: ${problem}`));
  judgeRules(machine, action, findings);
  const delayMs = judgeThrottle(machine, now, findings);
  if (machine.compiled === null) return { findings, plan: null, delayMs };
  const plan = machine.compiled.planFor(action);
  for (const { policy, subject } of plan.slots) {
    if ((machine.underWay.get(`${policy.name}\n${subject}`) ?? 0) >= policy.max) {
      const reason = `${policy.max} acts of ${policy.per} ${subject} are under way, which is the limit ${policy.name}`;
      findings.push({ ...finding("concurrency", policy.name, reason), mode: policy.mode });
    }
  }
  guarded(machine, plan, () => {
    for (const breaker of plan.breakers) judgeBreaker(breaker, now, findings);
    if (problem === null) for (const counter of plan.budgets) judgeBudget(counter, action, now, findings);
  });
  return { findings, plan, delayMs };
}

function judgeRules({ compiled, agent }: Machine, action: GateAction, findings: PolicyFinding[]): void {
  if (compiled === null || compiled.judge === null) return;
  const hits = compiled.judge.judge(action, agent);
  if (hits === null) {
    const reason =
      "the act is too large to be judged whole: a text in it is longer than 256 KiB, or has too many values";
    findings.push(finding("rule", "too_large", reason));
    return;
  }
  for (const { rule, mode, sentence } of hits) {
    findings.push({ ...finding("rule", rule, `a rule forbids it: ${sentence}`), mode });
  }
}

function judgeThrottle({ throttle, acts }: Machine, now: number, findings: PolicyFinding[]): number {
  if (throttle === null || now >= throttle.untilMs) return 0;
  const { maxConcurrent, level, reason, delayMs } = throttle;
  if (maxConcurrent !== null && acts >= maxConcurrent) {
    const why = `the machine is short of resources (${level}: ${reason}); ${maxConcurrent} acts at once are allowed`;
    findings.push(finding("throttle", level, why, Math.max(delayMs, 1000)));
  }
  return delayMs;
}

function judgeBreaker(breaker: Breaker, now: number, findings: PolicyFinding[]): void {
  const refusal = breaker.refusal(now);
  if (refusal === null) return;
  const { name, per, mode } = breaker.policy;
  const reason = `the circuit breaker ${name} keeps ${per} ${breaker.subject} off: ${refusal.why}`;
  findings.push({ ...finding("breaker", name, reason, refusal.retryAfterMs), mode });
}

function judgeBudget(counter: BudgetCounter, { cost }: GateAction, now: number, findings: PolicyFinding[]): void {
  if (!counter.has(unitsFor(counter, cost), now)) findings.push(exhausted(counter, now));
}

function exhausted(counter: BudgetCounter, now: number): PolicyFinding {
  const { policy, metric, subject, limit } = counter;
  const whose = policy.per === "host" ? "this host" : `${policy.per} ${subject}`;
  const reason = `the budget ${policy.name} of ${whose} is used up: ${limit} ${metric} per ${policy.window}`;
  return { ...finding("budget", policy.name, reason, Math.max(0, counter.endMs - now)), mode: policy.mode };
}

function unitsFor(counter: BudgetCounter, cost: Cost | undefined): number | undefined {
  return counter.units(counter.metric === "calls" ? (cost?.calls ?? 1) : cost?.[counter.metric]);
}

function finding(part: PolicyPart, name: string, reason: string, retryAfterMs: number | null = null): PolicyFinding {
  return { part, name, mode: "enforce", reason, retryAfterMs };
}

function answerOf(machine: Machine, action: GateAction, { findings, delayMs }: Judged): PolicyAnswer {
  if (findings.length === 0) return delayMs === 0 ? NOTHING : { allowed: true, warnings: [], delayMs };
  for (const one of findings) machine.tell.finding(one, action);
  const denied = findings.find(({ mode }) => mode === "enforce");
  if (denied !== undefined) return { allowed: false, finding: denied };
  return { allowed: true, warnings: findings.filter(({ mode }) => mode === "warn"), delayMs };
}

function begin(machine: Machine, action: GateAction): ReturnType<PolicyGate["begin"]> {
  const judged = judge(machine, action);
  const { plan } = judged;
  let answer = answerOf(machine, action, judged);
  if (!answer.allowed) return { answer, end: ENDED };
  if (plan === null) return { answer, end: countAct(machine, []) };
  const taken = guarded(machine, plan, () => take(machine, plan, action));
  if (taken === null) return { answer, end: ENDED };
  if ("refused" in taken) {
    answer = answerOf(machine, action, { ...judged, findings: [taken.refused] });
    return { answer, end: ENDED };
  }
  const leave = countAct(machine, plan.slots);
  return { answer, end: (end) => (leave(), endAct(machine, plan, taken, end)) };
}

interface Taken {
  readonly cost: Cost;
  readonly spent: readonly { readonly counter: BudgetCounter; readonly units: number; readonly window: string }[];
  readonly probes: readonly { readonly breaker: Breaker; readonly probe: string | null }[];
}

/** First everything that can refuse, then what cannot: nothing is spent on an act that does not begin. */
function take(machine: Machine, plan: Plan, action: GateAction): Taken | { readonly refused: PolicyFinding } {
  const now = machine.clock.now();
  for (const counter of plan.budgets) {
    const isThere = counter.ensure(unitsFor(counter, action.cost), now);
    if (!isThere && counter.policy.mode === "enforce") return { refused: exhausted(counter, now) };
  }
  const probes: { breaker: Breaker; probe: string | null }[] = [];
  for (const breaker of plan.breakers) {
    const begun = breaker.begin(now);
    if (begun !== null) probes.push({ breaker, probe: begun.probe });
    else if (breaker.policy.mode === "enforce") {
      const reason = `the circuit breaker ${breaker.policy.name} lets one act probe ${breaker.subject} at a time`;
      return { refused: finding("breaker", breaker.policy.name, reason, 1000) };
    }
  }
  const spent = plan.budgets.map((counter) => {
    const units = unitsFor(counter, action.cost) ?? 0;
    return { counter, units, window: counter.spend(units) };
  });
  for (const { counter } of spent) if (counter.runsLow(now)) machine.tell.low(counter);
  return { cost: action.cost ?? {}, spent, probes };
}

/** @returns what says that it is over */
function countAct(machine: Machine, slots: Plan["slots"]): () => void {
  machine.acts += 1;
  const keys = slots.map(({ policy, subject }) => `${policy.name}\n${subject}`);
  for (const key of keys) machine.underWay.set(key, (machine.underWay.get(key) ?? 0) + 1);
  return () => {
    machine.acts -= 1;
    for (const key of keys) {
      const left = (machine.underWay.get(key) ?? 1) - 1;
      if (left > 0) machine.underWay.set(key, left);
      else machine.underWay.delete(key);
    }
  };
}

function endAct(machine: Machine, plan: Plan, taken: Taken, { failed = false, cost }: ActEnd): void {
  const now = machine.clock.now();
  guarded(machine, plan, () => {
    for (const { breaker, probe } of taken.probes) {
      const change = breaker.end(probe, failed, now);
      if (change !== null) machine.tell.breaker(breaker, change);
    }
    if (cost === undefined || problemOfCost(cost) !== null) return;
    for (const { counter, units, window } of taken.spent) {
      const actual = unitsFor(counter, { ...taken.cost, ...cost }) ?? 0;
      if (actual > units) counter.charge(actual - units, now);
      else if (actual < units) counter.giveBack(units - actual, window);
    }
  });
}

/** What cannot be counted is denied while anything in it is enforced, and let through when it is only watched. */
function guarded<T>(machine: Machine, plan: Plan, ask: () => T): T | null {
  if (plan.budgets.length === 0 && plan.breakers.length === 0) return ask();
  const isEnforced = [...plan.budgets, ...plan.breakers].some(({ policy }) => policy.mode === "enforce");
  try {
    if (machine.ledgerDir === undefined) throw new Error("no directory for them is known");
    return ask();
  } catch (fault) {
    if (isEnforced) throw new PolicyBrokenError(`budgets and circuit breakers cannot be kept: ${textOf(fault)}`);
    return null;
  }
}

function textOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
