import type { Denied } from "../decision.ts";
import type { Gate } from "../gate.ts";
import type { ActEnd } from "../policy/policy-gate.ts";
import {
  refusalText,
  stoppedText,
  toolCallEvent,
  toolDefinitionEvent,
  toolEndEvent,
  toolStoppedEvent,
} from "../tool-telemetry.ts";
import type { ToldCall } from "../tool-telemetry.ts";
import { errorAnswer, idOf, isRecord, methodOf, notification, recordAt, refusedCall } from "./message.ts";
import type { Message, MessageId } from "./message.ts";
import { hashDefinition } from "./tool-pins.ts";
import type { ApprovedTool, ToolPins } from "./tool-pins.ts";

/** Where a client's request is answered. */
export type Answer = (message: Message) => void;

export interface McpSessionOptions {
  readonly gate: Pick<Gate, "begin" | "checkStop" | "emit" | "onChange">;
  /** to the server: cancellations */
  readonly toServer: (message: Message) => void;
  /** to the client: notifications */
  readonly toClient: (message: Message) => void;
  readonly newId: () => string;
  readonly monotonicMs: () => number;
  /** milliseconds since 1970 */
  readonly now: () => number;
  /** what the tools were in other sessions; left out: not known */
  readonly pins?: ToolPins | undefined;
}

/** One client and one server with the gate between them. Messages go in; what may pass comes out. */
export interface McpSession {
  /** @returns what goes on to the server; null when nothing does */
  readonly fromClient: (message: unknown, answer: Answer) => unknown;
  /** @returns what goes on to the client; null when nothing does */
  readonly fromServer: (message: unknown) => unknown;
  /** how many tool calls are under way */
  readonly inFlight: number;
  readonly close: () => void;
}

interface Call {
  readonly id: MessageId;
  readonly tool: string | undefined;
  readonly answer: Answer;
  readonly startedMs: number;
  readonly end: (end?: ActEnd) => void;
}

interface State {
  readonly options: McpSessionOptions;
  readonly calls: Map<MessageId, Call>;
  /** answered here already; the server's late answer is dropped */
  readonly cancelled: Set<MessageId>;
  /** requests whose answers are changed on their way back */
  readonly listings: Set<MessageId>;
  readonly handshakes: Set<MessageId>;
  /** tasks that the server runs on, by their id: the tool */
  readonly tasks: Map<string, string | undefined>;
  /** our own requests to the server */
  readonly own: Set<MessageId>;
  /** what the server said of each tool in this session, as a hash */
  readonly definitions: Map<string, string>;
  /** as it names itself */
  server: string | undefined;
}

/** Requests of one client that may wait at once; one more is refused. */
const WAITING_MAX = 10_000;
const REFUSED = -32_000;
/** Tools of one server whose descriptions are told. */
const TOOLS_TOLD_MAX = 1000;
const NAME_CHARACTERS_MAX = 256;

export function createMcpSession(options: McpSessionOptions): McpSession {
  const state: State = {
    options,
    calls: new Map(),
    cancelled: new Set(),
    listings: new Set(),
    handshakes: new Set(),
    tasks: new Map(),
    own: new Set(),
    definitions: new Map(),
    server: undefined,
  };
  const stopListening = options.gate.onChange(() => afterChange(state));
  return {
    fromClient: (message, answer) => mapMessages(message, (one) => fromClient(state, one, answer)),
    fromServer: (message) => mapMessages(message, (one) => fromServer(state, one)),
    get inFlight() {
      return state.calls.size;
    },
    close: () => {
      stopListening();
      for (const call of state.calls.values()) call.end({ failed: true });
    },
  };
}

/** Revision 2025-03-26 knows batches; each member is judged. What is no message at all passes nowhere. */
function mapMessages(message: unknown, judge: (one: Message) => Message | null): unknown {
  if (!Array.isArray(message)) return isRecord(message) ? judge(message) : null;
  const passed = message.filter(isRecord).map(judge);
  const kept = passed.filter((one) => one !== null);
  return kept.length === 0 ? null : kept;
}

function fromClient(state: State, message: Message, answer: Answer): Message | null {
  const id = idOf(message);
  const waiting = state.calls.size + state.listings.size + state.handshakes.size;
  switch (methodOf(message)) {
    case "tools/call":
      return callTool(state, message, answer);
    case "tasks/result":
      return resultOfTask(state, message, answer);
    case "tools/list":
      if (id !== null && waiting < WAITING_MAX) state.listings.add(id);
      return message;
    case "initialize":
      if (id !== null && waiting < WAITING_MAX) state.handshakes.add(id);
      return message;
    case "notifications/cancelled":
      forget(state, recordAt(message, "params")["requestId"]);
      return message;
    case null:
    default:
      return message;
  }
}

function callTool(state: State, message: Message, answer: Answer): Message | null {
  const { gate, monotonicMs } = state.options;
  const params = recordAt(message, "params");
  const tool = typeof params["name"] === "string" ? params["name"] : undefined;
  const id = idOf(message);
  const begun = gate.begin({ tool, arguments: argumentsOf(params) });
  if (!begun.allowed) {
    tell(state, toldOf(state, { tool, id }), params, begun);
    if (id !== null) answer(refusedCall(id, refusalText(begun)));
    return null;
  }
  if (id === null || state.calls.size >= WAITING_MAX || state.calls.has(id)) {
    begun.end();
    if (id !== null)
      answer(errorAnswer(id, REFUSED, "This call cannot be followed: its id is in use, or too many wait."));
    return null;
  }
  tell(state, toldOf(state, { tool, id }), params);
  state.calls.set(id, { id, tool, answer, startedMs: monotonicMs(), end: begun.end });
  return message;
}

/** What is no object is against the protocol; rules see it all the same. */
function argumentsOf(params: Message): Readonly<Record<string, unknown>> {
  const given = params["arguments"];
  return given === undefined || isRecord(given) ? recordAt(params, "arguments") : { value: given };
}

/** A stopped agent gets no fruit of a task that ran on. */
function resultOfTask(state: State, message: Message, answer: Answer): Message | null {
  const taskId = recordAt(message, "params")["taskId"];
  const tool = typeof taskId === "string" ? state.tasks.get(taskId) : undefined;
  const decision = state.options.gate.checkStop(tool);
  if (decision.allowed) return message;
  const id = idOf(message);
  if (id !== null) answer(errorAnswer(id, REFUSED, refusalText(decision)));
  return null;
}

function forget(state: State, id: unknown): void {
  if (typeof id !== "string" && typeof id !== "number") return;
  state.calls.get(id)?.end();
  state.calls.delete(id);
}

function fromServer(state: State, message: Message): Message | null {
  if (methodOf(message) !== null) return requestOfServer(state, message);
  const id = idOf(message);
  if (id === null) return message;
  if (state.cancelled.delete(id) || state.own.delete(id)) return null;
  const call = state.calls.get(id);
  if (call !== undefined) return endCall(state, call, message);
  if (state.listings.delete(id)) {
    tellTools(state, recordAt(message, "result"));
    return withResult(message, (result) => ({ ...result, tools: allowedTools(state, result) }));
  }
  if (state.handshakes.delete(id)) {
    state.server = nameOfServer(message);
    return withResult(message, announceListChanges);
  }
  return message;
}

/** A server may ask the client's model to think for it; a stopped agent does not think on. */
function requestOfServer(state: State, message: Message): Message | null {
  if (methodOf(message) !== "sampling/createMessage") return message;
  const decision = state.options.gate.checkStop();
  if (decision.allowed) return message;
  state.options.toServer(errorAnswer(idOf(message), REFUSED, refusalText(decision)));
  return null;
}

function endCall(state: State, call: Call, message: Message): Message {
  state.calls.delete(call.id);
  const result = recordAt(message, "result");
  const taskId = recordAt(result, "task")["taskId"];
  if (typeof taskId === "string" && state.tasks.size < WAITING_MAX) state.tasks.set(taskId, call.tool);
  const failed = message["error"] !== undefined || result["isError"] === true;
  call.end({ failed });
  const answer = failed ? (message["error"] ?? result["content"]) : result["content"];
  const durationMs = state.options.monotonicMs() - call.startedMs;
  state.options.gate.emit(
    toolEndEvent(toldOf(state, call), { outcome: failed ? "failure" : "success", answer, durationMs }),
  );
  return message;
}

function withResult(message: Message, change: (result: Message) => Message): Message {
  return isRecord(message["result"]) ? { ...message, result: change(message["result"]) } : message;
}

function allowedTools(state: State, result: Message): unknown[] {
  const tools = Array.isArray(result["tools"]) ? result["tools"] : [];
  return tools.filter(
    (tool) => isRecord(tool) && typeof tool["name"] === "string" && state.options.gate.checkStop(tool["name"]).allowed,
  );
}

/** Of each tool what the server says of it, once, and again when that changes: also since an earlier session. */
function tellTools({ options, definitions, server }: State, result: Message): void {
  const tools = Array.isArray(result["tools"]) ? result["tools"].filter(isRecord) : [];
  for (const definition of tools) {
    const tool = definition["name"];
    if (typeof tool !== "string" || tool.length > NAME_CHARACTERS_MAX) continue;
    const hash = hashDefinition(definition);
    const told = definitions.get(tool);
    if (hash === told || (told === undefined && definitions.size >= TOOLS_TOLD_MAX)) continue;
    definitions.set(tool, hash);
    const descriptions = descriptionsOf(definition);
    const approved = comparePin(options, { tool, hash, server, description: descriptions.join("\n") });
    const hashBefore = told ?? (approved?.hash === hash ? undefined : approved?.hash);
    const approvedBy = approved?.hash === hash ? (approved.by ?? undefined) : undefined;
    options.gate.emit(toolDefinitionEvent({ server, tool, descriptions, hash, hashBefore, approvedBy }));
  }
}

/** @returns what counts as approved; undefined for a tool that is seen for the first time, or where nothing is kept */
function comparePin(
  { pins, now }: McpSessionOptions,
  seen: {
    readonly tool: string;
    readonly hash: string;
    readonly server: string | undefined;
    readonly description: string;
  },
): ApprovedTool | undefined {
  if (pins === undefined) return undefined;
  const { tool, hash, server, description } = seen;
  const approved = pins.approved(tool);
  const definition = { hash, description, at: new Date(now()).toISOString() };
  try {
    if (approved === null) pins.keep(tool, definition, server);
    else if (approved.hash !== hash) pins.noteChange(tool, definition);
  } catch (fault) {
    // the change is told all the same; what cannot be kept is told anew with each session
    process.stderr.write(`firebreak: what the tool ${JSON.stringify(tool)} is cannot be kept: ${String(fault)}\n`);
  }
  return approved ?? undefined;
}

/** Of the tool, and of its parameters. */
function descriptionsOf(definition: Message): string[] {
  const parameters = Object.values(recordAt(recordAt(definition, "inputSchema"), "properties")).filter(isRecord);
  return [definition, ...parameters].flatMap(({ description }) =>
    typeof description === "string" ? [description] : [],
  );
}

function nameOfServer(message: Message): string | undefined {
  const { name } = recordAt(recordAt(message, "result"), "serverInfo");
  return typeof name === "string" ? name.slice(0, NAME_CHARACTERS_MAX) : undefined;
}

/** The list changes with every stop and resume, also of a server whose own list never does. */
function announceListChanges(result: Message): Message {
  const capabilities = recordAt(result, "capabilities");
  if (!isRecord(capabilities["tools"])) return result;
  return { ...result, capabilities: { ...capabilities, tools: { ...capabilities["tools"], listChanged: true } } };
}

/** What is under way and no longer allowed is cancelled at the server and answered at once. */
function afterChange(state: State): void {
  const { gate, toServer, toClient, newId } = state.options;
  for (const call of state.calls.values()) {
    const decision = gate.checkStop(call.tool);
    if (decision.allowed) continue;
    state.calls.delete(call.id);
    call.end();
    state.cancelled.add(call.id);
    toServer(notification("notifications/cancelled", { requestId: call.id, reason: decision.reason }));
    call.answer(refusedCall(call.id, stoppedText(decision)));
    gate.emit(toolStoppedEvent(toldOf(state, call), decision));
  }
  for (const [taskId, tool] of state.tasks) {
    if (gate.checkStop(tool).allowed) continue;
    const id = newId();
    state.own.add(id);
    state.tasks.delete(taskId);
    toServer({ jsonrpc: "2.0", id, method: "tasks/cancel", params: { taskId } });
  }
  toClient(notification("notifications/tools/list_changed", {}));
}

/** What is told of a call: ids of messages are unique as long as their calls wait. */
function toldOf({ server }: State, { tool, id }: Pick<Call, "tool"> & { readonly id: MessageId | null }): ToldCall {
  return { tool, server, callId: id === null ? undefined : String(id) };
}

function tell({ options }: State, call: ToldCall, params: Message, denied?: Denied): void {
  options.gate.emit(toolCallEvent(call, params["arguments"], denied));
}
