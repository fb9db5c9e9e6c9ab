import type { HoldSubject } from "@firebreak/protocol/holds";
import type { GateClock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { Begun, Decision, Denied } from "./decision.ts";
import { GateDeniedError } from "./decision.ts";
import { endWith, waitMs } from "./end-with.ts";
import type { GateFeed } from "./feed/gate-feed.ts";
import { unref } from "./feed/platform.ts";
import type { GateAction } from "./policy/action.ts";
import { PolicyBrokenError } from "./policy/finding.ts";
import type { ActEnd, PolicyAnswer, PolicyGate } from "./policy/policy-gate.ts";
import type { StateReader } from "./seen-state.ts";
import { createReporter } from "./report-gate.ts";
import type { ReportedRuntime } from "./report-gate.ts";
import type { Telemetry, TelemetryEvent } from "./telemetry.ts";
import { createTelemetry } from "./telemetry.ts";
import type { View } from "./view.ts";
import { ALLOWED, broken, leaseExpired, sameDecision, sameTools, viewOf } from "./view.ts";

export interface GateOptions {
  /**
   * the kill switch's directory, `FIREBREAK_KILLSWITCH` under `firebreak run`; without it the gate answers to the server
   * at `url`
   */
  readonly killswitchDir?: string | undefined;
  readonly agent: string;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
  /** the server: for telemetry, and for stops and leases where there is no directory or a key is pinned */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /**
   * the server's public key, `ed25519:…`. With it the gate needs the server's lease, also beside a directory; without it
   * only a server on this machine is believed.
   */
  readonly serverKey?: string | undefined;
  /** where budgets and circuit breakers of this host are kept; default `ledger` beside the kill switch's directory */
  readonly ledgerDir?: string | undefined;
  /** what it says of itself while it stands, for `firebreak gate coverage`; default `sdk`, null for nothing */
  readonly reportAs?: ReportedRuntime | null | undefined;
  /** the longest a decision may rest on an unconfirmed state, ms; default 50 */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: GateClock | undefined;
}

export interface GateStatus {
  readonly state: "open" | "stopped" | "lease_expired" | "broken";
  readonly epoch: number | null;
  /** how long ago the state was last confirmed, ms: the next check after `maxAgeMs` confirms it anew */
  readonly ageMs: number;
  readonly problem: string | null;
  /** the server's lease; null when the gate does not answer to a server */
  readonly lease: LeaseStatus | null;
  /** of the policy in force; null when none was published */
  readonly policyEpoch: number | null;
  /** why the policy that lies there is not in force; an earlier one is, if `policyEpoch` names one */
  readonly policyProblem: string | null;
  readonly eventsQueued: number;
  readonly eventsDropped: number;
}

export interface LeaseStatus {
  /** until every check is denied, unless the server is heard again; 0 when that is so already */
  readonly leftMs: number;
  /** for people: `forced stop in 2.1 s`, `expired: the server does not answer: …` */
  readonly text: string;
}

export interface Gate {
  /** Waits until the server was heard, at most `timeoutMs` (default 5000). @returns the decision then */
  ready(timeoutMs?: number): Promise<Decision>;
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
  /** Says that this runtime's calls go through the gate, now and every minute; an adapter does it by itself. */
  report(runtime: ReportedRuntime, version?: string): void;
  /** Calls the listener when the agent as a whole, or a tool, is stopped or let go: ask again. @returns what ends it */
  onChange(listener: (decision: Decision) => void): () => void;
  status(): GateStatus;
  /** Sends what is queued, for at most `timeoutMs` (default 2000), and ends. Every later check is denied. */
  close(timeoutMs?: number): Promise<void>;
}

/** An act that nothing counts. */
const BEGUN: Begun = { allowed: true, end: () => {} };
const DEFAULT_MAX_AGE_MS = 50;

/** Where a gate sees stops, at least one of the two, and what it judges acts by. */
export interface GateSources {
  readonly files: (onChange: () => void) => StateReader | null;
  readonly feed: (onChange: () => void) => GateFeed | null;
  /** @param published the policy that the server sent, as text */
  readonly policy: (emit: Telemetry["emit"], published: () => string | null) => PolicyGate;
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
  files: StateReader | null;
  feed: GateFeed | null;
  closed: boolean;
  view: View;
  /** what the listeners heard last */
  told: Decision;
  lookedMs: number;
}

const UNREAD: View = { files: null, feed: null, base: broken("the kill switch was not read yet"), byTool: new Map() };

export function createGateOn(options: GateOptions, sources: GateSources): Gate {
  const { agent, pack, session } = options;
  const clock = options.clock ?? systemClock;
  const newEventId = () => crypto.randomUUID();
  const telemetry = createTelemetry({ ...options, agent: refOf(options), clock, newEventId });
  const machine: Machine = {
    subject: { agent, pack, session },
    clock,
    maxAgeMs: options.maxAgeMs ?? DEFAULT_MAX_AGE_MS,
    listeners: new Set(),
    telemetry,
    timers: new Set(),
    policy: sources.policy(
      (event) => telemetry.emit(event),
      () => machine.feed?.policy ?? null,
    ),
    policyProblem: null,
    files: null,
    feed: null,
    closed: false,
    view: UNREAD,
    told: UNREAD.base,
    lookedMs: Number.NEGATIVE_INFINITY,
  };
  machine.files = sources.files(() => refresh(machine));
  machine.feed = sources.feed(() => refresh(machine));
  refresh(machine);
  const poll = setInterval(() => refresh(machine), machine.maxAgeMs);
  unref(poll);
  machine.timers.add(poll);
  const gate = handleOf(machine);
  if (options.reportAs !== null) gate.report(options.reportAs ?? "sdk");
  return gate;
}

function handleOf(machine: Machine): Gate {
  const { telemetry, timers, listeners } = machine;
  const onChange = (listener: (decision: Decision) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
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
    report: createReporter(telemetry, timers),
    heartbeat: (intervalMs) => beat(telemetry, timers, intervalMs),
    onChange,
    ready: (timeoutMs = 5000) => ready(machine, onChange, timeoutMs),
    status: () => statusOf(machine),
    close: (timeoutMs = 2000) => close(machine, timeoutMs),
  };
}

function checkStop(machine: Machine, tool: string | undefined): Decision {
  const nowMs = machine.clock.monotonicMs();
  // a blocked event loop runs no timer: the check itself keeps the bound
  if (nowMs - machine.lookedMs > machine.maxAgeMs) refresh(machine);
  const base = decide(machine, nowMs);
  const { byTool } = machine.view;
  if (!base.allowed || byTool.size === 0 || tool === undefined) return base;
  return byTool.get(tool) ?? base;
}

/** @returns the decision about everything but single tools, as far as stops and the lease go */
function decide({ view, feed }: Machine, nowMs: number): Decision {
  if (!view.base.allowed || feed === null || nowMs < feed.leaseUntilMs) return view.base;
  return leaseExpired(feed.problem);
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

function orBroken<D>(judge: () => D): D | Denied {
  try {
    return judge();
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
  if (machine.closed) return;
  machine.lookedMs = machine.clock.monotonicMs();
  const files = machine.files?.look() ?? null;
  const feed = machine.feed?.said ?? null;
  machine.policyProblem = machine.policy.look();
  const before = machine.view;
  if (before === UNREAD || files !== before.files || feed !== before.feed) {
    machine.view = viewOf(files, feed, machine.subject);
  }
  const decision = decide(machine, machine.lookedMs);
  const isSame = sameDecision(machine.told, decision) && sameTools(before.byTool, machine.view.byTool);
  machine.told = decision;
  if (!isSame) for (const listener of machine.listeners) listener(decision);
}

async function ready(machine: Machine, onChange: Gate["onChange"], timeoutMs: number): Promise<Decision> {
  const now = () => decide(machine, machine.clock.monotonicMs());
  const isWaiting = (decision: Decision) => !decision.allowed && decision.denial === "lease_expired";
  if (!isWaiting(now())) return now();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      end();
      resolve(now());
    };
    const timer = setTimeout(finish, timeoutMs);
    const end = onChange((decision) => {
      if (!isWaiting(decision)) finish();
    });
  });
}

async function close(machine: Machine, timeoutMs: number): Promise<void> {
  machine.closed = true;
  machine.files?.close();
  machine.feed?.close();
  machine.view = { ...UNREAD, base: broken("the gate is closed") };
  for (const timer of machine.timers) clearInterval(timer);
  machine.listeners.clear();
  machine.policy.close();
  await machine.telemetry.flush(timeoutMs);
  machine.telemetry.close();
}

function refOf({ agent, pack, session }: GateOptions): { id: string; pack?: string; session?: string } {
  return { id: agent, ...(pack === undefined ? {} : { pack }), ...(session === undefined ? {} : { session }) };
}

function beat(telemetry: Telemetry, timers: Set<ReturnType<typeof setInterval>>, intervalMs: number): () => void {
  const say = () => telemetry.emit({ kind: "heartbeat", data: {} });
  say();
  const timer = setInterval(say, intervalMs);
  unref(timer);
  timers.add(timer);
  return () => {
    clearInterval(timer);
    timers.delete(timer);
  };
}

function statusOf(machine: Machine): GateStatus {
  const { view, clock, lookedMs, feed, telemetry, policy, policyProblem } = machine;
  const nowMs = clock.monotonicMs();
  const decision = decide(machine, nowMs);
  const seen = view.files ?? view.feed;
  return {
    state: stateOf(decision),
    epoch: seen?.ok === true ? seen.epoch : null,
    ageMs: nowMs - (view.files === null && feed !== null ? feed.heardMs : lookedMs),
    problem: decision.allowed || decision.denial === "stopped" ? null : decision.reason,
    lease: feed === null ? null : leaseStatusOf(feed, nowMs),
    policyEpoch: policy.epoch,
    policyProblem,
    eventsQueued: telemetry.queued,
    eventsDropped: telemetry.dropped,
  };
}

function stateOf(decision: Decision): GateStatus["state"] {
  if (decision.allowed) return "open";
  switch (decision.denial) {
    case "gate_broken":
    // stops and leases are decided before the policy, which never speaks here
    case "policy":
      return "broken";
    case "stopped":
    case "lease_expired":
      return decision.denial;
    default:
      return decision.denial satisfies never;
  }
}

function leaseStatusOf({ leaseUntilMs, problem }: GateFeed, nowMs: number): LeaseStatus {
  const leftMs = Math.max(0, leaseUntilMs - nowMs);
  if (leftMs > 0) return { leftMs, text: `forced stop in ${(leftMs / 1000).toFixed(1)} s` };
  return { leftMs, text: problem === null ? "the server gives none" : `expired: ${problem}` };
}
