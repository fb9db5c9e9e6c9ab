import { GateDeniedError } from "../decision.ts";
import { waitMs } from "../end-with.ts";
import { refusalText, stoppedText, toolCallEvent } from "../tool-telemetry.ts";
import type { CallGate, GuardedCall } from "./guarded-call.ts";
import { argumentsOf, openCall } from "./guarded-call.ts";
import { callWith, isFunction, isObject, memberOf } from "./members.ts";
import { assertAllowed, stopSignal } from "./stop-signal.ts";

export { stopSignal };

/** What the AI SDK takes as the answer to "may this call run?" */
type Approval = unknown;

/**
 * The settings of `generateText`, `streamText` or `ToolLoopAgent` (AI SDK 7) with the gate before each tool: the call of a
 * stopped tool is denied with its reason, which the model reads; one that runs is ended when the stop comes; every call is
 * told of; a stopped agent gets no further step (GateDeniedError). Approvals that the settings ask for stay.
 *
 * Give each run `abortSignal: stopSignal(gate)` too, so that a stop ends the model's own work at once. Tools without
 * `execute` run at the provider or in the application, and are not seen here.
 */
export function guardSettings<T extends object>(gate: CallGate, settings: T): T {
  const tools = memberOf(settings, "tools");
  const prepareStep = memberOf(settings, "prepareStep");
  gate.report("ai");
  return Object.assign({}, settings, {
    ...(isObject(tools) ? { tools: guardTools(gate, tools) } : {}),
    toolApproval: approvalsOf(gate, isObject(tools) ? tools : {}, memberOf(settings, "toolApproval")),
    prepareStep: async (...args: unknown[]) => {
      assertAllowed(gate);
      return isFunction(prepareStep) ? callWith(prepareStep, settings, args) : undefined;
    },
  });
}

/** The tools with the gate before their `execute`; for whatever takes a set of tools. */
export function guardTools<T extends object>(gate: CallGate, tools: T): T {
  gate.report("ai");
  const guarded = Object.entries(tools).map(([name, tool]) => [name, guardTool(gate, name, tool)] as const);
  return Object.assign({}, tools, Object.fromEntries(guarded));
}

function guardTool(gate: CallGate, name: string, tool: unknown): unknown {
  const execute = memberOf(tool, "execute");
  if (!isFunction(execute)) return tool;
  return Object.assign({}, tool, {
    execute: (input: unknown, options: object | undefined) => {
      const signal = memberOf(options, "abortSignal");
      const call = openCall(gate, {
        tool: name,
        args: input,
        callId: textOf(memberOf(options, "toolCallId")),
        signal: signal instanceof AbortSignal ? signal : undefined,
      });
      const run = () => callWith(execute, tool, [input, { ...options, abortSignal: call.signal }]);
      try {
        if (call.delayMs > 0)
          return settle(
            call,
            waitMs(call.delayMs).then(() => lastOf(run())),
          );
        const answer = run();
        return isAsyncIterable(answer) ? passPieces(call, answer) : settle(call, answer);
      } catch (fault) {
        call.end({ fault });
        throw fault;
      }
    },
  });
}

async function settle(call: GuardedCall, answer: unknown): Promise<unknown> {
  try {
    const result = await call.race(answer);
    call.end({ answer: result });
    return result;
  } catch (fault) {
    call.end({ fault });
    throw readable(fault);
  }
}

async function lastOf(answer: unknown): Promise<unknown> {
  if (!isAsyncIterable(answer)) return answer;
  let last: unknown;
  for await (const piece of answer) last = piece;
  return last;
}

/** A tool may answer in pieces, the last of which counts. */
async function* passPieces(call: GuardedCall, pieces: AsyncIterable<unknown>): AsyncGenerator {
  const iterator = pieces[Symbol.asyncIterator]();
  let last: unknown;
  try {
    for (;;) {
      const next = await call.race(iterator.next());
      if (next.done === true) break;
      last = next.value;
      yield last;
    }
    call.end({ answer: last });
  } catch (fault) {
    call.end({ fault });
    void iterator.return?.();
    throw readable(fault);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The model reads a tool's error. */
function readable(fault: unknown): unknown {
  return fault instanceof GateDeniedError ? new Error(stoppedText(fault.denied), { cause: fault }) : fault;
}

/** The AI SDK asks one function about all tools, or one of each tool. What the settings say applies when the gate allows. */
function approvalsOf(gate: CallGate, tools: object, own: unknown): unknown {
  if (isFunction(own)) {
    return (options: unknown) => {
      const call = memberOf(options, "toolCall");
      return (
        denialOf(gate, String(memberOf(call, "toolName")), memberOf(call, "input")) ??
        callWith(own, undefined, [options])
      );
    };
  }
  const names = Object.keys(tools).filter((name) => isFunction(memberOf(ownMemberOf(tools, name), "execute")));
  const each = names.map((name) => {
    const ask = (input: unknown, options: unknown): Approval =>
      denialOf(gate, name, input) ?? ownApproval(ownMemberOf(own, name), ownMemberOf(tools, name), input, options);
    return [name, ask] as const;
  });
  return { ...(isObject(own) ? own : {}), ...Object.fromEntries(each) };
}

function denialOf(gate: CallGate, tool: string, input: unknown): Approval {
  const decision = gate.check({ tool, arguments: argumentsOf(input) });
  if (decision.allowed) return undefined;
  gate.emit(toolCallEvent({ tool }, input, decision));
  return { type: "denied", reason: refusalText(decision) };
}

/** As the AI SDK itself decides: the settings come before the tool's own `needsApproval`. */
async function ownApproval(configured: unknown, tool: unknown, input: unknown, options: unknown): Promise<Approval> {
  if (isFunction(configured)) return callWith(configured, undefined, [input, options]);
  if (configured !== undefined && configured !== null) return configured;
  const needs = memberOf(tool, "needsApproval");
  const context = { ...(isObject(options) ? options : {}), context: memberOf(options, "toolContext") };
  const needed: unknown = isFunction(needs) ? await callWith(needs, tool, [input, context]) : needs;
  return needed === true ? "user-approval" : "not-applicable";
}

/** Names of tools come from models: what every object has by that name does not count. */
function ownMemberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && Symbol.asyncIterator in value;
}
