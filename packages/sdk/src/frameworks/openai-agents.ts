import { GateDeniedError } from "../decision.ts";
import { refusalText, stoppedText, toolCallEvent } from "../tool-telemetry.ts";
import type { CallGate } from "./guarded-call.ts";
import { argumentsOf, runGuarded } from "./guarded-call.ts";
import { callWith, isFunction, isObject, memberOf } from "./members.ts";
import { assertAllowed, stopSignal } from "./stop-signal.ts";

export { stopSignal };

/** What is read and set of an agent; all else stays as it is. */
interface GuardedAgent {
  instructions: unknown;
  tools: readonly object[];
  mcpServers?: readonly object[];
  handoffs?: readonly object[];
}
interface CallData {
  readonly toolCall: { readonly name: string; readonly arguments: string };
}
interface Verdict {
  readonly behavior: { readonly type: "allow" } | { readonly type: "rejectContent"; readonly message: string };
}

/** The gate before each agent, tool, server and hand-off that has one. */
const gates = new WeakMap<object, CallGate>();

/**
 * Puts the gate before an agent of `@openai/agents`, in place, and before every agent that it hands off to: calls of stopped
 * tools are rejected by a tool guardrail with the reason, which the model reads; a tool that runs is answered for when the
 * stop comes; shells, editors and MCP servers that this process calls are refused; a stopped agent gets no further turn and
 * no hand-off (GateDeniedError). Every call is told of. Ask again after adding tools; doing it twice changes nothing.
 *
 * Give each run `signal: stopSignal(gate)` too, so that a stop ends the model's own work at once. Hosted tools and
 * computers are not seen here.
 *
 * @returns the agent
 * @throws Error when the agent, or one of its tools, stands behind another gate
 */
export function guardAgent<A extends GuardedAgent>(gate: CallGate, agent: A): A {
  gate.report("openai-agents");
  if (claim(gate, agent)) agent.instructions = guardedInstructions(gate, agent.instructions);
  for (const tool of agent.tools) guardTool(gate, tool);
  for (const server of agent.mcpServers ?? []) guardServer(gate, server);
  for (const handoff of agent.handoffs ?? []) guardHandoff(gate, handoff);
  return agent;
}

/** @returns false when this gate stands before it already */
function claim(gate: CallGate, thing: object): boolean {
  const present = gates.get(thing);
  if (present === gate) return false;
  if (present !== undefined) {
    const name = memberOf(thing, "name");
    throw new Error(`${String(name)} stands behind another gate already: make one of its own for each gate.`);
  }
  gates.set(thing, gate);
  return true;
}

/** They are asked for before each turn of the model, also after a hand-off and within an agent that is a tool. */
function guardedInstructions(gate: CallGate, own: unknown) {
  return (...args: unknown[]): unknown => {
    assertAllowed(gate);
    return isFunction(own) ? callWith(own, undefined, args) : own;
  };
}

function guardTool(gate: CallGate, tool: object): void {
  const type = memberOf(tool, "type");
  const name = String(memberOf(tool, "name"));
  if ((type === "function" || type === "shell" || type === "apply_patch") && !claim(gate, tool)) return;
  if (type === "function") {
    addGuardrail(gate, tool, "inputGuardrails");
    const callOf = (args: readonly unknown[]) => ({ tool: name, args: parsed(args[1]) });
    wrapMethod(tool, "invoke", (args, run) => answerOf(gate, callOf(args), run));
  }
  if (type === "shell") wrapMember(gate, tool, "shell", ["run"]);
  if (type === "apply_patch") wrapMember(gate, tool, "editor", ["createFile", "updateFile", "deleteFile"]);
}

function guardServer(gate: CallGate, server: object): void {
  if (!claim(gate, server)) return;
  addGuardrail(gate, server, "toolInputGuardrails");
  // the one calls the other where both are there
  const method = isFunction(memberOf(server, "callToolResult")) ? "callToolResult" : "callTool";
  const callOf = (args: readonly unknown[]) => ({ tool: String(args[0]), args: args[1] });
  wrapMethod(server, method, (args, run) => resultOf(gate, callOf(args), run));
}

/** A shell or an editor of the application, each method behind the gate. */
function wrapMember(gate: CallGate, tool: object, member: string, methods: readonly string[]): void {
  const own = memberOf(tool, member);
  if (!isObject(own)) return;
  const guarded: object = Object.create(own);
  const name = memberOf(tool, "name");
  for (const method of methods) {
    const callOf = (args: readonly unknown[]) => ({ tool: typeof name === "string" ? name : member, args: args[0] });
    wrapMethod(guarded, method, (args, run) => resultOf(gate, callOf(args), run));
  }
  Reflect.set(tool, member, guarded);
}

function guardHandoff(gate: CallGate, handoff: object): void {
  const isHandoff = isFunction(memberOf(handoff, "onInvokeHandoff"));
  const target = isHandoff ? memberOf(handoff, "agent") : handoff;
  // an agent behind a gate of its own stays there; one behind this gate was seen to, or the circle would not end
  if (isAgent(target) && !gates.has(target)) guardAgent(gate, target);
  if (!isHandoff || gates.has(handoff)) return;
  gates.set(handoff, gate);
  wrapMethod(handoff, "onInvokeHandoff", async (_, run) => {
    assertAllowed(gate);
    return run();
  });
}

type Around = (args: readonly unknown[], run: () => unknown) => unknown;

function wrapMethod(target: object, method: string, around: Around): void {
  const own = memberOf(target, method);
  if (!isFunction(own)) return;
  Reflect.set(target, method, (...args: unknown[]) => around(args, () => callWith(own, target, args)));
}

/** First in the list, so that nothing another guardrail does comes before it. */
function addGuardrail(gate: CallGate, target: object, member: string): void {
  const present = memberOf(target, member);
  const others: readonly unknown[] = Array.isArray(present) ? present : [];
  const run = async ({ toolCall }: CallData): Promise<Verdict> => {
    const args = parsed(toolCall.arguments);
    const decision = gate.check({ tool: toolCall.name, arguments: argumentsOf(args) });
    if (decision.allowed) return { behavior: { type: "allow" } };
    gate.emit(toolCallEvent({ tool: toolCall.name }, args, decision));
    return { behavior: { type: "rejectContent", message: refusalText(decision) } };
  };
  Reflect.set(target, member, [{ type: "tool_input", name: "firebreak", run }, ...others]);
}

interface Call {
  readonly tool: string;
  readonly args: unknown;
}

/** @returns the tool's answer, or why there is none, for the model to read */
async function answerOf(gate: CallGate, call: Call, run: () => unknown): Promise<unknown> {
  let hasBegun = false;
  try {
    return await runGuarded(gate, call, () => {
      hasBegun = true;
      return run();
    });
  } catch (fault) {
    if (!(fault instanceof GateDeniedError)) throw fault;
    return hasBegun ? stoppedText(fault.denied) : refusalText(fault.denied);
  }
}

/** @throws Error with a text that the model reads, where an answer must have another form */
async function resultOf(gate: CallGate, call: Call, run: () => unknown): Promise<unknown> {
  try {
    return await runGuarded(gate, call, run);
  } catch (fault) {
    throw fault instanceof GateDeniedError ? new Error(refusalText(fault.denied), { cause: fault }) : fault;
  }
}

/** A model may write what is no JSON. */
function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}

function isAgent(value: unknown): value is GuardedAgent {
  return isObject(value) && "instructions" in value && Array.isArray(value["tools"]);
}
