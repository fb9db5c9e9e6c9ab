import { systemClock } from "../clock.ts";
import { GateDeniedError } from "../decision.ts";
import { waitMs } from "../end-with.ts";
import type { Gate } from "../gate.ts";
import { toolCallEvent, toolEndEvent, toolStoppedEvent } from "../tool-telemetry.ts";
import { isObject } from "./members.ts";

/** What the adapters need of a gate. */
export type CallGate = Pick<Gate, "begin" | "check" | "checkStop" | "emit" | "onChange" | "report">;

export interface ToolCall {
  readonly tool: string;
  readonly args: unknown;
  /** as the framework names the call; left out: a name of its own */
  readonly callId?: string | undefined;
  /** the framework's own way to end the call */
  readonly signal?: AbortSignal | undefined;
}

/** A tool call that may run. Ends with `end`, once. */
export interface GuardedCall {
  /** aborted when a stop comes, or when the framework ends the call */
  readonly signal: AbortSignal;
  /** how long it should wait before it begins, while the machine is short of resources */
  readonly delayMs: number;
  /** @throws GateDeniedError as soon as a stop comes, whether or not the work heeds the signal */
  race<R>(work: R | PromiseLike<R>): Promise<Awaited<R>>;
  /** Tells what came of it. A stop that ended it is told as such. */
  end(end: { readonly answer: unknown } | { readonly fault: unknown }): void;
}

/** What a tool was given, as the gate's rules judge it. */
export function argumentsOf(given: unknown): Readonly<Record<string, unknown>> {
  return isObject(given) && !Array.isArray(given) ? given : { value: given };
}

/**
 * Asks the gate and tells of the call.
 *
 * @throws GateDeniedError when it may not run
 */
export function openCall(gate: CallGate, { tool, args, signal, callId = crypto.randomUUID() }: ToolCall): GuardedCall {
  const told = { tool, callId };
  const begun = gate.begin({ tool, arguments: argumentsOf(args) });
  if (!begun.allowed) {
    gate.emit(toolCallEvent(told, args, begun));
    throw new GateDeniedError(begun);
  }
  gate.emit(toolCallEvent(told, args));
  const startedMs = systemClock.monotonicMs();
  const stop = new AbortController();
  const stopListening = gate.onChange(() => {
    const now = gate.checkStop(tool);
    if (!now.allowed) stop.abort(new GateDeniedError(now));
  });
  return {
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    delayMs: begun.delayMs ?? 0,
    race: (work) => raceWithStop(work, stop.signal),
    end: (end) => {
      stopListening();
      const durationMs = systemClock.monotonicMs() - startedMs;
      const stopped = stop.signal.reason instanceof GateDeniedError ? stop.signal.reason : null;
      const failed = "fault" in end && stopped === null;
      begun.end({ failed });
      if (stopped !== null) gate.emit(toolStoppedEvent(told, stopped.denied));
      else if ("fault" in end)
        gate.emit(toolEndEvent(told, { outcome: "failure", answer: String(end.fault), durationMs }));
      else gate.emit(toolEndEvent(told, { outcome: "success", answer: end.answer, durationMs }));
    },
  };
}

/**
 * Runs one tool call behind the gate: refused, told of, and ended at once when a stop comes.
 *
 * @throws GateDeniedError when it may not run, or was stopped while it ran
 */
export async function runGuarded<R>(
  gate: CallGate,
  toolCall: ToolCall,
  run: (signal: AbortSignal) => R | PromiseLike<R>,
): Promise<Awaited<R>> {
  const call = openCall(gate, toolCall);
  try {
    if (call.delayMs > 0) await call.race(waitMs(call.delayMs));
    const answer = await call.race(run(call.signal));
    call.end({ answer });
    return answer;
  } catch (fault) {
    call.end({ fault });
    throw fault;
  }
}

async function raceWithStop<R>(work: R | PromiseLike<R>, stop: AbortSignal): Promise<Awaited<R>> {
  let onAbort = () => {};
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason);
    if (stop.aborted) onAbort();
    else stop.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop.removeEventListener("abort", onAbort);
  }
}
