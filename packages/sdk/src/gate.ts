import { randomUUID } from "node:crypto";
import type { Denial, HoldLevel, HoldSubject } from "@firebreak/protocol/holds";
import { HOLD_LEVELS, holdCovers } from "@firebreak/protocol/holds";
import type { GateClock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { SeenHold, SeenState, StateReader } from "./killswitch-state.ts";
import { openStateReader } from "./killswitch-state.ts";
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
  /** the longest a decision may rest on an unconfirmed state, ms; default 50 */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: GateClock | undefined;
}

/** What the agent is about to do. */
export interface GateAction {
  readonly tool?: string | undefined;
}

export interface Allowed {
  readonly allowed: true;
}
export interface Denied {
  readonly allowed: false;
  /** `stopped`: a person or a rule stopped it. `gate_broken`: the gate cannot know, and so does not let through. */
  readonly denial: Extract<Denial, "stopped" | "gate_broken">;
  readonly reason: string;
  readonly holdId: string | null;
  readonly level: HoldLevel;
}
export type Decision = Allowed | Denied;

export interface GateStatus {
  readonly state: "open" | "stopped" | "broken";
  readonly epoch: number | null;
  /** how long ago the state was last confirmed, ms: the next check after `maxAgeMs` confirms it anew */
  readonly ageMs: number;
  readonly problem: string | null;
  readonly eventsQueued: number;
  readonly eventsDropped: number;
}

export interface Gate {
  /** Decides at once, from memory. Ask before every act that changes something. */
  check(action?: GateAction): Decision;
  /** @returns the function behind the gate: it throws GateDeniedError instead of running while the agent is stopped */
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

/** Thrown by a guarded function that may not run. */
export class GateDeniedError extends Error {
  override readonly name = "GateDeniedError";
  readonly denied: Denied;

  constructor(denied: Denied) {
    super(`${denied.denial}: ${denied.reason}`);
    this.denied = denied;
  }
}

const ALLOWED: Allowed = { allowed: true };
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
  reader: StateReader | null;
  view: View;
  lookedMs: number;
}

export function createGate(options: GateOptions): Gate {
  const { agent, pack, session } = options;
  const clock = options.clock ?? systemClock;
  const machine: Machine = {
    subject: { agent, pack, session },
    clock,
    maxAgeMs: options.maxAgeMs ?? DEFAULT_MAX_AGE_MS,
    listeners: new Set(),
    telemetry: createTelemetry({ ...options, agent: refOf(options), clock, newEventId: randomUUID }),
    timers: new Set(),
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

function handleOf(machine: Machine): Gate {
  const { telemetry, timers, listeners } = machine;
  return {
    check: (action) => check(machine, action),
    guard:
      (fn, action) =>
      (...args) => {
        const decision = check(machine, action);
        if (!decision.allowed) throw new GateDeniedError(decision);
        return fn(...args);
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

function check(machine: Machine, action: GateAction | undefined): Decision {
  // a blocked event loop runs no timer: the check itself keeps the bound
  if (machine.clock.monotonicMs() - machine.lookedMs > machine.maxAgeMs) refresh(machine);
  const { base, byTool } = machine.view;
  if (!base.allowed || byTool.size === 0 || action?.tool === undefined) return base;
  return byTool.get(action.tool) ?? base;
}

function refresh(machine: Machine): void {
  if (machine.reader === null) return;
  machine.lookedMs = machine.clock.monotonicMs();
  const state = machine.reader.look();
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

function statusOf({ view, clock, lookedMs, telemetry }: Machine): GateStatus {
  const { base, state } = view;
  const isBroken = !base.allowed && base.denial === "gate_broken";
  return {
    state: base.allowed ? "open" : isBroken ? "broken" : "stopped",
    epoch: state?.ok === true ? state.epoch : null,
    ageMs: clock.monotonicMs() - lookedMs,
    problem: isBroken ? base.reason : null,
    eventsQueued: telemetry.queued,
    eventsDropped: telemetry.dropped,
  };
}
