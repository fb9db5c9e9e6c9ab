import type { Denied } from "../decision.ts";
import { waitMs } from "../end-with.ts";
import { gateOptionsFrom } from "../environment.ts";
import type { GateOptions } from "../gate.ts";
import type { ActEnd } from "../policy/policy-gate.ts";
import { refusalText, toolCallEvent, toolEndEvent, toolStoppedEvent } from "../tool-telemetry.ts";
import type { ToldCall } from "../tool-telemetry.ts";
import type { Actor, Gates } from "./gates.ts";
import { openGates } from "./gates.ts";
import type { Runs } from "./runs.ts";
import { createRuns } from "./runs.ts";

/** What is read of the context of OpenClaw's hooks; each member may be missing. */
interface HookContext extends Actor {
  readonly sessionKey?: string | undefined;
  readonly runId?: string | undefined;
}
interface ToolEvent {
  readonly toolName: string;
  readonly params?: unknown;
  readonly toolCallId?: string | undefined;
}
interface ToolEndEvent extends ToolEvent {
  readonly result?: unknown;
  readonly error?: unknown;
  readonly durationMs?: number | undefined;
}
interface InstallEvent {
  readonly targetName?: unknown;
}
interface Blocked {
  readonly block: true;
  readonly blockReason: string;
}
interface RunBlocked {
  readonly outcome: "block";
  readonly reason: string;
  /** what the person who wrote reads */
  readonly message: string;
}

/** Firebreak's answers to the hooks of OpenClaw, one method per hook. */
export interface OpenclawGuard {
  before_tool_call(event: ToolEvent, ctx: HookContext): Promise<Blocked | undefined>;
  after_tool_call(event: ToolEndEvent, ctx: HookContext): void;
  before_agent_run(event: unknown, ctx: HookContext): RunBlocked | undefined;
  agent_end(event: unknown, ctx: HookContext): void;
  before_install(event: InstallEvent, ctx: HookContext): Blocked | undefined;
  gateway_stop(): Promise<void>;
}

export interface OpenclawGuardOptions {
  /** of the whole OpenClaw: its agents are also known as `AGENT:THEIR-ID` */
  readonly gate: GateOptions;
  /** of OpenClaw */
  readonly version: string | undefined;
  /** `sessions.abort` with `clearQueued`, for the session of this key */
  readonly abortSession: (sessionKey: string) => Promise<unknown>;
  /** of this process, for what `firebreak run` says of it */
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Guard {
  readonly gates: Gates;
  readonly runs: Runs;
  /** calls under way, by their id, with the run they belong to */
  readonly calls: Map<string, { readonly runId: string | undefined; readonly end: (end?: ActEnd) => void }>;
}

const CALLS_MAX = 10_000;
/** OpenClaw blocks a call whose hook takes 15 s. */
const DELAY_MAX_MS = 10_000;

/** The gate as OpenClaw's plugin asks it. Its timers run from the first hook until the gateway stops. */
export function openGuard({ gate, version, abortSession, env }: OpenclawGuardOptions): OpenclawGuard {
  const outer = env["FIREBREAK_AGENT"] === undefined ? null : gateOptionsFrom(env);
  const gates = openGates(gate, outer, () => runs.abortStopped());
  const runs = createRuns({
    isStopped: (run) => !gates.checkStop(run).allowed,
    abort: abortSession,
    told: (run, fault) => {
      const data = { event_type: "session_abort", session_key: run.sessionKey };
      const failed = fault === null ? {} : { error: fault instanceof Error ? fault.message : "unknown" };
      const outcome = fault === null ? "success" : "failure";
      gates.gateOf(run).emit({ kind: "lifecycle", outcome, data: { ...data, ...failed } });
    },
  });
  gates.whole.report("openclaw", version);
  const guard: Guard = { gates, runs, calls: new Map() };
  return {
    before_tool_call: (event, ctx) => beforeToolCall(guard, event, ctx),
    after_tool_call: (event, ctx) => afterToolCall(guard, event, ctx),
    before_agent_run: (_, ctx) => beforeAgentRun(guard, ctx),
    agent_end: (_, ctx) => agentEnd(guard, ctx),
    before_install: (event, ctx) => beforeInstall(guard, event, ctx),
    gateway_stop: () => gates.close(),
  };
}

async function beforeToolCall(guard: Guard, event: ToolEvent, ctx: HookContext): Promise<Blocked | undefined> {
  const { gates, calls } = guard;
  const { toolName: tool, params } = event;
  follow(guard, ctx);
  const stop = gates.checkStop(ctx, tool);
  if (!stop.allowed) return refuseCall(guard, event, ctx, stop);
  const begun = gates.gateOf(ctx).begin({ tool, arguments: isRecord(params) ? params : { value: params } });
  if (!begun.allowed) return refuseCall(guard, event, ctx, begun);
  if (begun.delayMs !== undefined) {
    await waitMs(Math.min(begun.delayMs, DELAY_MAX_MS));
    const later = gates.checkStop(ctx, tool);
    if (!later.allowed) {
      begun.end();
      return refuseCall(guard, event, ctx, later);
    }
  }
  gates.gateOf(ctx).emit(toolCallEvent(toldOf(event), params));
  if (event.toolCallId !== undefined && calls.size < CALLS_MAX) {
    calls.set(event.toolCallId, { runId: ctx.runId, end: begun.end });
  } else {
    begun.end();
  }
  return undefined;
}

function refuseCall({ gates }: Guard, event: ToolEvent, ctx: HookContext, denied: Denied): Blocked {
  gates.gateOf(ctx).emit(toolCallEvent(toldOf(event), event.params, denied));
  return { block: true, blockReason: refusalText(denied) };
}

function toldOf({ toolName: tool, toolCallId: callId }: ToolEvent): ToldCall {
  return { tool, callId };
}

/** What OpenClaw says of an end is no proof of success: a result without an error is only that. */
function afterToolCall({ gates, calls }: Guard, event: ToolEndEvent, ctx: HookContext): void {
  const call = event.toolCallId === undefined ? undefined : calls.get(event.toolCallId);
  if (call === undefined || event.toolCallId === undefined) return;
  calls.delete(event.toolCallId);
  const failed = event.error !== undefined && event.error !== null;
  const stop = gates.checkStop(ctx, event.toolName);
  call.end({ failed: failed && stop.allowed });
  const durationMs = event.durationMs ?? 0;
  const end = failed
    ? ({ outcome: "failure", answer: event.error, durationMs } as const)
    : ({ outcome: "success", answer: event.result, durationMs } as const);
  const told = failed && !stop.allowed ? toolStoppedEvent(toldOf(event), stop) : toolEndEvent(toldOf(event), end);
  gates.gateOf(ctx).emit(told);
}

function beforeAgentRun(guard: Guard, ctx: HookContext): RunBlocked | undefined {
  const stop = guard.gates.checkStop(ctx);
  if (stop.allowed) {
    follow(guard, ctx);
    return undefined;
  }
  const reason = refusalText(stop);
  const data = { event_type: "run_refused", reason: stop.reason };
  guard.gates.gateOf(ctx).emit({ kind: "lifecycle", outcome: "denied", data });
  return { outcome: "block", reason, message: reason };
}

/** Also from a tool call, for a run that began before the plugin was there. */
function follow({ runs }: Guard, { runId, sessionKey, agentId, sessionId }: HookContext): void {
  if (runId !== undefined && sessionKey !== undefined) runs.begin(runId, { sessionKey, agentId, sessionId });
}

function agentEnd({ runs, calls }: Guard, { runId }: HookContext): void {
  if (runId === undefined) return;
  runs.end(runId);
  for (const [id, call] of calls) {
    if (call.runId !== runId) continue;
    call.end();
    calls.delete(id);
  }
}

function beforeInstall({ gates }: Guard, { targetName }: InstallEvent, ctx: HookContext): Blocked | undefined {
  const stop = gates.checkStop(ctx);
  const name = typeof targetName === "string" ? targetName.slice(0, 256) : "unknown";
  const data = { event_type: "install", name };
  gates.gateOf(ctx).emit({ kind: "lifecycle", outcome: stop.allowed ? "unknown" : "denied", data });
  return stop.allowed ? undefined : { block: true, blockReason: refusalText(stop) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
