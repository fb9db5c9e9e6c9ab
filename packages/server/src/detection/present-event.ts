import type { AgentEvent, EventKind } from "@firebreak/protocol";
import type { Presentation, SigmaEvent } from "@firebreak/sigma";
import { presentProcesses } from "./present-processes.ts";

const AGENT_EVENTS = { product: "ai_agent", category: "agent_events" } as const;

/**
 * An event as rules see it: under `ai_agent/agent_events` with the field names of the published agent rules, and each
 * shell command also as `process_creation`, so that the public Linux and macOS rules apply.
 */
export function presentEvent(event: AgentEvent): SigmaEvent {
  const fields = presentFields(event);
  const own: Presentation = { logsource: AGENT_EVENTS, fields };
  return { presentations: [own, ...presentProcesses(event, fields["command"])] };
}

/**
 * `data` is the agent's own word: it adds fields but never replaces those that Firebreak fixes (agent, kind, time), and
 * an `event_type` in it stands beside the one that follows from the kind, so that it cannot lead a rule astray.
 */
function presentFields(event: AgentEvent): Record<string, unknown> {
  const { data, agent } = event;
  const fields: Record<string, unknown> = {
    ...data,
    ...dropAbsent({
      command: readCommand(event),
      tool_name: pickText(data, "tool_name", "tool"),
      file_path: pickText(data, "file_path", "path") ?? (event.kind === "file" ? event.resource : undefined),
      url: pickText(data, "url") ?? (event.kind === "network" ? event.resource : undefined),
      content: pickText(data, "content", "text"),
      message: pickText(data, "message"),
      response: pickText(data, "response", "output"),
      risk: event.risk,
      resource: event.resource,
    }),
    event_type: joinTypes(EVENT_TYPES[event.kind], fileType(event), data["event_type"]),
    source: joinTypes([event.source], data["source"]),
    kind: event.kind,
    outcome: event.outcome,
    time: event.time,
    agent,
    agent_id: agent.id,
    pack: agent.pack,
    session_id: agent.session,
  };
  if (agent.pack === undefined) delete fields["pack"];
  if (agent.session === undefined) delete fields["session_id"];
  return fields;
}

/** Our kind first, then the names that published rules give the same act. */
const EVENT_TYPES: Readonly<Record<EventKind, readonly string[]>> = {
  tool_call: ["tool_call"],
  command: ["command", "tool_call"],
  prompt: ["prompt", "user_input"],
  model_output: ["model_output", "output_generation"],
  auth: ["auth"],
  network: ["network", "network_request"],
  file: ["file"],
  message: ["message", "agent_message"],
  metric: ["metric"],
  heartbeat: ["heartbeat"],
  lifecycle: ["lifecycle"],
  transaction: ["transaction"],
  log: ["log"],
};

function fileType(event: AgentEvent): string | undefined {
  if (event.kind !== "file") return undefined;
  const operation = pickText(event.data, "operation", "action", "access");
  if (operation === undefined) return undefined;
  if (/read|open|get/i.test(operation)) return "file_read";
  return /writ|creat|append|delet|remov|modif|edit|put|renam/i.test(operation) ? "file_write" : undefined;
}

/** @returns the names as one text, or as a list of which a rule needs to meet one */
function joinTypes(known: readonly string[], ...more: readonly unknown[]): unknown {
  const names = new Set(known);
  for (const name of more) if (typeof name === "string") names.add(name);
  return names.size === 1 ? known[0] : [...names];
}

/** The command line: given as text, as argv, or inside a tool call's arguments. */
function readCommand(event: AgentEvent): string | undefined {
  const { data } = event;
  const inner = [data, data["arguments"], data["input"], data["tool_input"], data["args"], data["params"]];
  for (const holder of inner) {
    if (!isRecord(holder)) continue;
    for (const key of COMMAND_KEYS) {
      const command = toCommandLine(holder[key]);
      if (command !== undefined) return command;
    }
  }
  return event.kind === "command" ? event.resource : undefined;
}

const COMMAND_KEYS = ["command", "command_line", "cmd", "argv"] as const;
const WORDS_MAX = 1000;

function toCommandLine(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.slice(0, WORDS_MAX).filter((word) => typeof word === "string");
  return words.length === 0 ? undefined : words.map((word) => quoteWord(word)).join(" ");
}

/** As a shell would need it, so that one argument stays one word. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pickText(data: Readonly<Record<string, unknown>>, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = data[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}

function dropAbsent(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const present: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) present[key] = value;
  return present;
}
