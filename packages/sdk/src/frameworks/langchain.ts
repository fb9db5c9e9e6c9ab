import { GateDeniedError } from "../decision.ts";
import { refusalText, stoppedText } from "../tool-telemetry.ts";
import type { CallGate } from "./guarded-call.ts";
import { runGuarded } from "./guarded-call.ts";
import { assertAllowed, stopSignal } from "./stop-signal.ts";

export { stopSignal };

/** What is read of LangChain's request for a tool call. */
interface ToolCallRequest {
  readonly toolCall: { readonly id?: string | undefined; readonly name: string; readonly args?: unknown };
}

interface ToolMessageFields {
  readonly content: string;
  readonly tool_call_id: string;
  readonly name: string;
  readonly status: "error";
}

/** LangChain's class of that name. */
export type ToolMessageClass<M> = new (fields: ToolMessageFields) => M;

/**
 * What `createMiddleware` of LangChain.js 1.x takes: refuses the calls of stopped tools with a ToolMessage that names the
 * reason, tells of every call, and ends the run (GateDeniedError) before a stopped agent's model is asked again.
 *
 * @example createAgent({ model, tools, middleware: [createMiddleware(gateMiddleware(gate, ToolMessage))] })
 * @param ToolMessage of `langchain`: the adapter itself needs no framework
 */
export function gateMiddleware<M>(gate: CallGate, ToolMessage: ToolMessageClass<M>) {
  gate.report("langchain");
  const refuse = ({ toolCall }: ToolCallRequest, content: string) =>
    new ToolMessage({ content, tool_call_id: toolCall.id ?? "", name: toolCall.name, status: "error" });
  return {
    name: "Firebreak",
    wrapToolCall: async <Q extends ToolCallRequest, R>(
      request: Q,
      handler: (request: Q) => R | PromiseLike<R>,
    ): Promise<Awaited<R> | M> => {
      let hasBegun = false;
      try {
        const { name: tool, args, id: callId } = request.toolCall;
        return await runGuarded(gate, { tool, args, callId }, () => {
          hasBegun = true;
          return handler(request);
        });
      } catch (fault) {
        if (!(fault instanceof GateDeniedError)) throw fault;
        return refuse(request, hasBegun ? stoppedText(fault.denied) : refusalText(fault.denied));
      }
    },
    wrapModelCall: async <Q, R>(request: Q, handler: (request: Q) => R | PromiseLike<R>): Promise<Awaited<R>> => {
      assertAllowed(gate);
      return await handler(request);
    },
  };
}
