import type { AgentEvent, EventKind } from "@firebreak/protocol";
import type { Presentation, SigmaEvent } from "@firebreak/sigma";
import { presentProcesses } from "./present-processes.ts";

const AGENT_EVENTS = { product: "ai_agent", category: "agent_events" } as const;

/**
 * An event as rules see it: under `ai_agent/agent_events` with the field names of the published agent rules, and each
 * shell command also as `process_creation`, so that the public Linux and macOS rules apply.
 *
 * @param withProcesses false when no rule looks at processes: saves a third of the cost
 */
export function presentEvent(event: AgentEvent, { withProcesses = true } = {}): SigmaEvent {
  const fields = presentFields(event);
  const own: Presentation = { logsource: AGENT_EVENTS, fields };
  if (!withProcesses) return { presentations: [own] };
  return { presentations: [own, ...presentProcesses(event, fields["command"])] };
}

/**
 * `data` is the agent's own word: it adds fields but never replaces those that Firebreak fixes (agent, kind, time), and
 * an `event_type` in it stands beside the one that follows from the kind, so that it cannot lead a rule astray.
 */
function presentFields(event: AgentEvent): Record<string, unknown> {
  const { data, agent, kind } = event;
  const fields: Record<string, unknown> = { ...data };
  setIfKnown(fields, "command", readCommand(event));
  setIfKnown(fields, "tool_name", pickText(data, "tool_name", "tool"));
  setIfKnown(
    fields,
    "file_path",
    pickText(data, "file_path", "path") ?? (kind === "file" ? event.resource : undefined),
  );
  setIfKnown(fields, "url", pickText(data, "url") ?? (kind === "network" ? event.resource : undefined));
  setIfKnown(fields, "content", pickText(data, "content", "text"));
  setIfKnown(fields, "response", pickText(data, "response", "output"));
  setIfKnown(fields, "risk", event.risk);
  setIfKnown(fields, "resource", event.resource);
  fields["event_type"] = joinTypes(EVENT_TYPES[kind], fileType(event), data["event_type"]);
  fields["source"] = data["source"] === undefined ? event.source : joinTypes([event.source], undefined, data["source"]);
  fields["kind"] = kind;
  fields["outcome"] = event.outcome;
  fields["time"] = event.time;
  fields["agent"] = agent;
  fields["agent_id"] = agent.id;
  setOrDelete(fields, "pack", agent.pack);
  setOrDelete(fields, "session_id", agent.session);
  return fields;
}

function setIfKnown(fields: Record<string, unknown>, key: string, value: string | undefined): void {
  if (value !== undefined) fields[key] = value;
}

function setOrDelete(fields: Record<string, unknown>, key: string, value: string | undefined): void {
  if (value !== undefined) fields[key] = value;
  else if (key in fields) delete fields[key];
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
function joinTypes(known: readonly string[], more: string | undefined, own: unknown): unknown {
  const added = [more, own].filter((name) => typeof name === "string" && !known.includes(name));
  if (added.length > 0) return [...known, ...added];
  return known.length === 1 ? known[0] : known;
}

/** The command line: given as text, as argv, or inside a tool call's arguments. */
function readCommand(event: AgentEvent): string | undefined {
  const { data } = event;
  const own = findCommand(data);
  if (own !== undefined) return own;
  for (const key of ARGUMENT_KEYS) {
    const holder = data[key];
    const command = isRecord(holder) ? findCommand(holder) : undefined;
    if (command !== undefined) return command;
  }
  return event.kind === "command" ? event.resource : undefined;
}

function findCommand(holder: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of COMMAND_KEYS) {
    const command = toCommandLine(holder[key]);
    if (command !== undefined) return command;
  }
  return undefined;
}

const ARGUMENT_KEYS = ["arguments", "input", "tool_input", "args", "params"] as const;

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
