import { randomUUID } from "node:crypto";
import type { HoldSubject } from "@firebreak/protocol/holds";
import { HOLD_LEVELS, holdCovers } from "@firebreak/protocol/holds";
import type { GateClock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { Allowed, Begun, Decision, Denied } from "./decision.ts";
import { GateDeniedError } from "./decision.ts";
import { endWith, waitMs } from "./end-with.ts";
import type { SeenHold, SeenState, StateReader } from "./killswitch-state.ts";
import { openStateReader } from "./killswitch-state.ts";
import { ledgerDirOf } from "./ledger/places.ts";
import type { GateAction } from "./policy/action.ts";
import { PolicyBrokenError } from "./policy/finding.ts";
import type { ActEnd, PolicyAnswer, PolicyGate } from "./policy/policy-gate.ts";
import { createPolicyGate } from "./policy/policy-gate.ts";
import { openPolicyReader } from "./policy/read-policy.ts";
import type { Telemetry, TelemetryEvent } from "./telemetry.ts";
import { createTelemetry } from "./telemetry.ts";

export interface GateOptions {
  /** the kill switch's directory, `FIREBREAK_KILLSWITCH` under `firebreak run`. Without it every check is denied. */
  readonly killswitchDir?: string | undefined;
  readonly agent: string;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
  /** the server, for telemetry only: decisions never wait for it */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** where budgets and circuit breakers of this host are kept; default `ledger` beside the kill switch's directory */
  readonly ledgerDir?: string | undefined;
  /** the longest a decision may rest on an unconfirmed state, ms; default 50 */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: GateClock | undefined;
}

export interface GateStatus {
  readonly state: "open" | "stopped" | "broken";
  readonly epoch: number | null;
  /** how long ago the state was last confirmed, ms: the next check after `maxAgeMs` confirms it anew */
  readonly ageMs: number;
  readonly problem: string | null;
  /** of the policy in force; null when none was published */
  readonly policyEpoch: number | null;
  /** why the policy that lies there is not in force; an earlier one is, if `policyEpoch` names one */
  readonly policyProblem: string | null;
  readonly eventsQueued: number;
  readonly eventsDropped: number;
}

export interface Gate {
  /** Decides at once, from memory, and takes nothing: a budget is not charged by asking. */
  check(action?: GateAction): Decision;
  /**
   * Decides and, when it lets the act through, takes what it costs from the budgets. Ask before every act that changes
   * something, and call `end` when it is over.
   */
  begin(action?: GateAction): Begun;
  /** Whether this agent, or a tool of it, may act at all: looks at stops only, not at what an act would be. */
  checkStop(tool?: string): Decision;
  /**
   * Begins an act, runs it and ends it: a rejection counts as a failure.
   *
   * @throws GateDeniedError when it may not begin
   */
  run<R>(act: () => Promise<R> | R, action?: GateAction): Promise<R>;
  /** @returns the function behind the gate: it throws GateDeniedError instead of running while the act is denied */
  guard<A extends unknown[], R>(fn: (...args: A) => R, action?: GateAction): (...args: A) => R;
  /** Sends telemetry when there is time. @returns false when it was dropped */
  emit(event: TelemetryEvent): boolean;
  /** Says "alive" every `intervalMs`. @returns what ends it */
  heartbeat(intervalMs: number): () => void;
  /** Calls the listener when the agent as a whole, or a tool, is stopped or let go: ask again. @returns what ends it */
  onChange(listener: (decision: Decision) => void): () => void;
  status(): GateStatus;
  /** Sends what is queued, for at most `timeoutMs` (default 2000), and ends. Every later check is denied. */
  close(timeoutMs?: number): Promise<void>;
}

const ALLOWED: Allowed = { allowed: true };
/** An act that nothing counts. */
const BEGUN: Begun = { allowed: true, end: () => {} };
const DEFAULT_MAX_AGE_MS = 50;

interface View {
  readonly state: SeenState | null;
  /** the decision about everything but single tools */
  readonly base: Decision;
  readonly byTool: ReadonlyMap<string, Denied>;
}

interface Machine {
  readonly subject: HoldSubject;
  readonly clock: GateClock;
  readonly maxAgeMs: number;
  readonly listeners: Set<(decision: Decision) => void>;
  readonly telemetry: Telemetry;
  readonly timers: Set<ReturnType<typeof setInterval>>;
  readonly policy: PolicyGate;
  policyProblem: string | null;
  reader: StateReader | null;
  view: View;
  lookedMs: number;
}

export function createGate(options: GateOptions): Gate {
  const { agent, pack, session } = options;
  const clock = options.clock ?? systemClock;
  const telemetry = createTelemetry({ ...options, agent: refOf(options), clock, newEventId: randomUUID });
  const machine: Machine = {
    subject: { agent, pack, session },
    clock,
    maxAgeMs: options.maxAgeMs ?? DEFAULT_MAX_AGE_MS,
    listeners: new Set(),
    telemetry,
    timers: new Set(),
    policy: policyGateOf(options, clock, telemetry),
    policyProblem: null,
    reader: null,
    view: { state: null, base: broken("the kill switch was not read yet"), byTool: new Map() },
    lookedMs: Number.NEGATIVE_INFINITY,
  };
  machine.reader = openStateReader(options.killswitchDir, () => refresh(machine));
  refresh(machine);
  const poll = setInterval(() => refresh(machine), machine.maxAgeMs);
  poll.unref();
  machine.timers.add(poll);
  return handleOf(machine);
}

function policyGateOf(options: GateOptions, clock: GateClock, telemetry: Telemetry): PolicyGate {
  const { agent, pack, session, killswitchDir: dir } = options;
  return createPolicyGate({
    reader: openPolicyReader(dir),
    ledgerDir: options.ledgerDir ?? (dir === undefined ? undefined : ledgerDirOf(dir)),
    agent: { agent, pack, session },
    clock,
    emit: (event) => telemetry.emit(event),
  });
}

function handleOf(machine: Machine): Gate {
  const { telemetry, timers, listeners } = machine;
  return {
    check: (action) => check(machine, action),
    begin: (action) => begin(machine, action),
    checkStop: (tool) => checkStop(machine, tool),
    run: (act, action) => run(machine, act, action),
    guard:
      (fn, action) =>
      (...args) => {
        const begun = begin(machine, action);
        if (!begun.allowed) throw new GateDeniedError(begun);
        return endWith(begun.end, () => fn(...args));
      },
    emit: (event) => telemetry.emit(event),
    heartbeat: (intervalMs) => beat(telemetry, timers, intervalMs),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    status: () => statusOf(machine),
    close: (timeoutMs = 2000) => close(machine, timeoutMs),
  };
}

function checkStop(machine: Machine, tool: string | undefined): Decision {
  // a blocked event loop runs no timer: the check itself keeps the bound
  if (machine.clock.monotonicMs() - machine.lookedMs > machine.maxAgeMs) refresh(machine);
  const { base, byTool } = machine.view;
  if (!base.allowed || byTool.size === 0 || tool === undefined) return base;
  return byTool.get(tool) ?? base;
}

/** @returns null when the policy has to be asked */
function beforePolicy(machine: Machine, action: GateAction | undefined): Decision | null {
  const stop = checkStop(machine, action?.tool);
  if (!stop.allowed) return stop;
  if (machine.policyProblem !== null && machine.policy.epoch === null) return broken(machine.policyProblem);
  return machine.policy.isActive || action?.cost !== undefined ? null : stop;
}

function check(machine: Machine, action: GateAction | undefined): Decision {
  return beforePolicy(machine, action) ?? orBroken(() => decisionOf(machine.policy.check(action ?? {})));
}

function begin(machine: Machine, action: GateAction | undefined): Begun {
  const before = beforePolicy(machine, action);
  if (before !== null) return before.allowed ? BEGUN : before;
  return orBroken<Begun>(() => {
    const { answer, end } = machine.policy.begin(action ?? {});
    const decision = decisionOf(answer);
    return decision.allowed ? { ...decision, end: once(machine, end) } : decision;
  });
}

/** An act ends once, whatever is said later; what cannot be counted any more was told by the next denial. */
function once(machine: Machine, end: (end: ActEnd) => void): (end?: ActEnd) => void {
  let isOver = false;
  return (how = {}) => {
    if (isOver) return;
    isOver = true;
    try {
      end(how);
    } catch (fault) {
      if (!(fault instanceof PolicyBrokenError)) throw fault;
      machine.telemetry.emit({
        kind: "log",
        outcome: "failure",
        data: { event_type: "policy_broken", reason: fault.message },
      });
    }
  };
}

function orBroken<D>(decide: () => D): D | Denied {
  try {
    return decide();
  } catch (fault) {
    if (!(fault instanceof PolicyBrokenError)) throw fault;
    return { allowed: false, denial: "gate_broken", reason: fault.message, holdId: null, level: "deny" };
  }
}

function decisionOf(answer: PolicyAnswer): Decision {
  if (!answer.allowed) {
    const { finding } = answer;
    return { allowed: false, denial: "policy", reason: finding.reason, holdId: null, level: "deny", policy: finding };
  }
  const { warnings, delayMs } = answer;
  if (warnings.length === 0 && delayMs === 0) return ALLOWED;
  return { allowed: true, ...(warnings.length > 0 && { warnings }), ...(delayMs > 0 && { delayMs }) };
}

async function run<R>(machine: Machine, act: () => Promise<R> | R, action: GateAction | undefined): Promise<R> {
  const begun = begin(machine, action);
  if (!begun.allowed) throw new GateDeniedError(begun);
  return endWith(begun.end, async () => {
    if (begun.delayMs !== undefined) await waitMs(begun.delayMs);
    const stop = checkStop(machine, action?.tool);
    if (!stop.allowed) throw new GateDeniedError(stop);
    return act();
  });
}

function refresh(machine: Machine): void {
  if (machine.reader === null) return;
  machine.lookedMs = machine.clock.monotonicMs();
  const state = machine.reader.look();
  machine.policyProblem = machine.policy.look();
  if (state === machine.view.state) return;
  const before = machine.view;
  machine.view = viewOf(state, machine.subject);
  if (sameDecision(before.base, machine.view.base) && sameTools(before.byTool, machine.view.byTool)) return;
  for (const listener of machine.listeners) listener(machine.view.base);
}

async function close(machine: Machine, timeoutMs: number): Promise<void> {
  machine.reader?.close();
  machine.reader = null;
  machine.view = { state: null, base: broken("the gate is closed"), byTool: new Map() };
  for (const timer of machine.timers) clearInterval(timer);
  machine.listeners.clear();
  machine.policy.close();
  await machine.telemetry.flush(timeoutMs);
  machine.telemetry.close();
}

function refOf({ agent, pack, session }: GateOptions): { id: string; pack?: string; session?: string } {
  return { id: agent, ...(pack === undefined ? {} : { pack }), ...(session === undefined ? {} : { session }) };
}

function broken(problem: string): Denied {
  const reason = `the gate cannot know whether this agent is stopped, so it denies: ${problem}`;
  return { allowed: false, denial: "gate_broken", reason, holdId: null, level: "deny" };
}

function viewOf(state: SeenState, subject: HoldSubject): View {
  if (!state.ok) return { state, base: broken(state.problem), byTool: new Map() };
  const base = strictest(state.holds.filter((hold) => holdCovers(hold, subject)));
  const byTool = new Map<string, Denied>();
  for (const hold of state.holds) {
    if (hold.scope === "tool" && hold.target !== null && !byTool.has(hold.target))
      byTool.set(hold.target, stopped(hold));
  }
  return { state, base: base === null ? ALLOWED : stopped(base), byTool };
}

function strictest(holds: readonly SeenHold[]): SeenHold | null {
  const rank = (hold: SeenHold) => HOLD_LEVELS.indexOf(hold.level);
  return holds.reduce<SeenHold | null>((best, hold) => (best === null || rank(hold) > rank(best) ? hold : best), null);
}

function stopped(hold: SeenHold): Denied {
  const target = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
  const reason = `${target} is stopped: ${hold.reason}`;
  return { allowed: false, denial: "stopped", reason, holdId: hold.id, level: hold.level };
}

function sameDecision(a: Decision, b: Decision): boolean {
  if (a.allowed || b.allowed) return a.allowed === b.allowed;
  return a.holdId === b.holdId && a.denial === b.denial;
}

function sameTools(a: ReadonlyMap<string, Denied>, b: ReadonlyMap<string, Denied>): boolean {
  return a.size === b.size && [...a].every(([tool, denied]) => b.get(tool)?.holdId === denied.holdId);
}

function beat(telemetry: Telemetry, timers: Set<ReturnType<typeof setInterval>>, intervalMs: number): () => void {
  const say = () => telemetry.emit({ kind: "heartbeat", data: {} });
  say();
  const timer = setInterval(say, intervalMs);
  timer.unref();
  timers.add(timer);
  return () => {
    clearInterval(timer);
    timers.delete(timer);
  };
}

function statusOf({ view, clock, lookedMs, telemetry, policy, policyProblem }: Machine): GateStatus {
  const { base, state } = view;
  const isBroken = !base.allowed && base.denial === "gate_broken";
  return {
    state: base.allowed ? "open" : isBroken ? "broken" : "stopped",
    epoch: state?.ok === true ? state.epoch : null,
    ageMs: clock.monotonicMs() - lookedMs,
    problem: isBroken ? base.reason : null,
    policyEpoch: policy.epoch,
    policyProblem,
    eventsQueued: telemetry.queued,
    eventsDropped: telemetry.dropped,
  };
}
