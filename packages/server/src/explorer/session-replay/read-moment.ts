import type { AgentEvent, EventMoment, MomentDenial, MomentText } from "@firebreak/protocol";

/** Characters of one text on a page; the event itself has the whole. */
export const TEXT_CHARACTERS_MAX = 8_192;
/** Told so long after it happened, an event is marked as late. */
const LATE_MS = 60_000;

type Data = AgentEvent["data"];

/** What an event is in the conversation. What comes of a call stands apart from the call until it is joined. */
export interface Reading {
  readonly moment: EventMoment;
  /** `begins` a call, `ends` one, is both in one event, or has to do with none */
  readonly part: "begins" | "ends" | "whole" | "none";
  readonly callId: string | undefined;
  /** what a call without an id is told from others by */
  readonly stream: string;
  readonly durationMs: number | null;
}

export function readMoment(event: AgentEvent): Reading {
  const { data } = event;
  const part = partOf(event);
  const tool = textAt(data, "tool_name", "tool", "toolName");
  const late = Date.parse(event.receivedTime) - Date.parse(event.time);
  const moment: EventMoment = {
    type: "event",
    at: event.time,
    seq: event.seq,
    eventId: event.id,
    agentId: event.agent.id,
    run: event.agent.run ?? null,
    source: event.source,
    kind: event.kind,
    role: roleOf(event, part),
    outcome: event.outcome,
    risk: event.risk ?? null,
    resource: event.resource ?? null,
    name: tool ?? textAt(data, "event", "event_type", "name") ?? null,
    model: textAt(data, "model") ?? null,
    text: clip(saidBy(event, part)),
    arguments: part === "ends" ? null : clip(argumentsOf(data)),
    answer: null,
    denied: event.outcome === "denied" ? denialOf(data) : null,
    alerts: [],
    redacted: [...(event.redacted ?? [])],
    indicators: [...(event.indicators ?? [])],
    lateMs: late >= LATE_MS ? late : null,
  };
  const durationMs = numberAt(data, "duration_ms", "durationMs");
  const callId = textAt(data, "call_id", "callId", "toolCallId", "tool_use_id");
  const stream = JSON.stringify([event.agent.id, event.agent.run ?? "", tool ?? ""]);
  return { moment, part, callId, stream, durationMs };
}

/** A call and what came of it are two events, except where a sender tells of a call when it has ended. */
function partOf({ kind, data, outcome }: AgentEvent): Reading["part"] {
  const hasTool = textAt(data, "tool_name", "tool", "toolName") !== undefined;
  const hasAnswer = data["response"] !== undefined;
  if (kind === "tool_call" && data["phase"] === "result") return "ends";
  if (kind === "tool_call" || kind === "command") return hasAnswer ? "whole" : "begins";
  // what a gate tells at the end of a call, also of one that a stop ended
  const isEnd = kind === "log" && hasTool && (data["duration_ms"] !== undefined || outcome === "denied");
  return isEnd ? "ends" : "none";
}

function roleOf({ kind, data }: AgentEvent, part: Reading["part"]): EventMoment["role"] {
  if (part === "ends") return "answer";
  switch (kind) {
    case "prompt":
      return "prompt";
    case "model_output":
      return data["part"] === "thinking" ? "thinking" : "output";
    case "tool_call":
      return "call";
    case "heartbeat":
    case "metric":
      return "log";
    case "command":
    case "file":
    case "network":
    case "message":
    case "auth":
    case "transaction":
    case "lifecycle":
    case "log":
      return kind;
    default:
      return kind satisfies never;
  }
}

const SAID = {
  prompt: ["content", "text", "prompt", "message"],
  model_output: ["content", "text", "message"],
  command: ["command", "command_line", "cmd"],
  file: ["file_path", "path", "operation"],
  network: ["url", "address", "host"],
} as const;
const SAID_OTHERWISE = ["text", "message", "content", "response", "error", "reason"] as const;

function saidBy(event: AgentEvent, part: Reading["part"]): string | undefined {
  const { kind, data, resource } = event;
  if (part === "ends") return textOf(data["response"] ?? data["error"] ?? data["reason"]);
  const names: readonly string[] =
    kind === "prompt" || kind === "model_output" || kind === "command" || kind === "file" || kind === "network"
      ? SAID[kind]
      : kind === "tool_call"
        ? []
        : SAID_OTHERWISE;
  const name = names.find((candidate) => data[candidate] !== undefined && data[candidate] !== null);
  if (name !== undefined) return textOf(data[name]);
  if (kind === "tool_call" || kind === "command") return undefined;
  if (resource !== undefined) return resource;
  return Object.keys(data).length === 0 ? undefined : textOf(data);
}

/** What came of a call that one event tells of whole. */
export function answerText({ data }: AgentEvent): MomentText | null {
  return clip(textOf(data["response"]));
}

function argumentsOf(data: Data): string | undefined {
  const given = data["arguments"] ?? data["params"] ?? data["input"];
  return given === undefined || given === null ? undefined : textOf(given);
}

/** The hold is not known from the event alone. */
function denialOf(data: Data): MomentDenial {
  return {
    reason: textAt(data, "reason", "error", "message") ?? null,
    denial: textAt(data, "denial") ?? null,
    policy: textAt(data, "policy", "rule") ?? null,
    hold: null,
  };
}

/** @returns the hold that the gate named, if it did */
export function namedHold({ data }: AgentEvent): string | undefined {
  return textAt(data, "hold_id", "holdId");
}

/** Gates say every minute that they stand, supervisors that they are alive: signs of life, and nothing of a conversation. */
export function isSignOfLife({ kind, data }: AgentEvent): boolean {
  return kind === "heartbeat" || kind === "metric" || (kind === "lifecycle" && data["event_type"] === "gate");
}

function textAt(data: Data, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = data[name];
    if (typeof value === "string" && value !== "") return value.slice(0, TEXT_CHARACTERS_MAX);
  }
  return undefined;
}

function numberAt(data: Data, ...names: readonly string[]): number | null {
  const found = names.map((name) => data[name]).find((value) => typeof value === "number" && Number.isFinite(value));
  return typeof found === "number" ? found : null;
}

/** Parts of a message are told one under the other; everything else that is no text, as JSON. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  return JSON.stringify(value, null, 2);
}

function clip(text: string | undefined): MomentText | null {
  if (text === undefined) return null;
  return { text: text.slice(0, TEXT_CHARACTERS_MAX).toWellFormed(), length: text.length };
}
