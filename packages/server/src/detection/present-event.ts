import type { AgentEvent, EventKind } from "@firebreak/protocol";
import type { Presentation, SigmaEvent } from "@firebreak/sigma";
import type { KnownSource } from "./known-sources.ts";
import { holdsPersonalData, PII_REDACTED, presentRedaction } from "./present-redaction.ts";
import { presentProcesses } from "./present-processes.ts";
import { rememberTexts } from "./remember-texts.ts";
import { findRemoteHosts, hostOf } from "./remote-hosts.ts";
import { readCommands } from "./shell/read-commands.ts";
import type { ShellCommand } from "./shell/shell-reader.ts";
import { readTexts } from "./text/read-texts.ts";

const AGENT_EVENTS = { product: "ai_agent", category: "agent_events" } as const;

/**
 * An event as rules see it: under `ai_agent/agent_events` with the field names of the published agent rules; each simple
 * command in a command line as an event of its own, read as a shell would read it, with its `program`; and the same
 * commands as `process_creation`, so that the public Linux, macOS and Windows rules apply.
 *
 * @param withProcesses false when no rule looks at processes: saves a third of the cost
 */
export function presentEvent(event: AgentEvent, { withProcesses = true } = {}): SigmaEvent {
  const line = readCommand(event);
  if (line === undefined || line.trim() === "") return { presentations: [presentAgent(event, line)] };
  const { commands, isCut, presented } = readLine(line);
  const processes = withProcesses ? presentProcesses(event, line, commands) : [];
  const [first] = commands;
  if (commands.length === 1 && first?.text === line && !isCut) {
    const [own, ...more] = presented;
    const others = presentCommands(event, more);
    return { presentations: [presentAgent(event, line, own), ...others, ...processes] };
  }
  const own = presentAgent(event, line, isCut ? { command_cut: true } : {});
  return { presentations: [own, ...presentCommands(event, presented), ...processes] };
}

const readLine = rememberTexts((line) => {
  const { commands, isCut } = readCommands(line);
  return { commands, isCut, presented: commands.flatMap(presentationsOf) };
});

/** A command that names several hosts is presented for each, so that a rule can ask of one whether it is allowed. */
function presentationsOf(command: ShellCommand): Readonly<Record<string, unknown>>[] {
  const fields = commandFields(command);
  const { program, argv, text } = command;
  const hosts = findRemoteHosts(program, text.includes("/dev/") ? [...argv, text] : argv);
  return hosts.length === 0 ? [fields] : hosts.map((host) => ({ ...fields, remote_host: host }));
}

/** What rules may ask of one simple command, besides its text. */
function commandFields({ text, program, pipedFrom, isDecoded, isDisguised }: ShellCommand): Record<string, unknown> {
  return {
    command: text,
    program,
    ...(pipedFrom.length > 0 && { piped_from: pipedFrom }),
    ...(isDecoded && { command_decoded: true }),
    ...(isDisguised && { command_disguised: true }),
  };
}

/** What senders tell of who started a command; short values, so each part of a line may carry them. */
const CALLER_FIELDS = [
  "parent_command", "parent_command_line", "parent_image", "skill", "mcp_server", "cwd", "user",
] as const; // prettier-ignore

/** The commands of a line, each with who ran it and how it went, without the texts that stand in the event itself. */
function presentCommands(
  event: AgentEvent,
  commands: readonly Readonly<Record<string, unknown>>[],
): readonly Presentation[] {
  if (commands.length === 0) return [];
  const common = presentFixed(event);
  for (const name of CALLER_FIELDS) {
    const value = event.data[name];
    if (value !== undefined) common[name] = value;
  }
  const tool = pickText(event.data, "tool_name", "tool");
  if (tool !== undefined) common["tool_name"] = tool;
  return commands.map((fields) => ({ logsource: AGENT_EVENTS, fields, common }));
}

/** @param added fields that Firebreak found out about the event */
function presentAgent(
  event: AgentEvent,
  line: string | undefined,
  added?: Readonly<Record<string, unknown>>,
): Presentation {
  const { normalized, decoded } = readTexts(event.data);
  const fields = presentFields(event, line);
  for (const key in added) fields[key] = added[key];
  if (normalized.length > 0) fields["normalized_text"] = normalized;
  if (decoded.length > 0) fields["decoded_text"] = decoded;
  return { logsource: AGENT_EVENTS, fields };
}

/** The texts of the event as a person reads them, and what is encoded in them. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(["normalized_text", "decoded_text"]);

/**
 * `data` is the agent's own word: it adds fields but never replaces these, which Firebreak fixes, nor what lies in
 * `agent`. An `event_type` in it stands beside the one that follows from the kind, so that it cannot lead a rule astray.
 */
const FIXED_FIELDS: ReadonlySet<string> = new Set([
  "event_type", "source", "kind", "outcome", "time", "agent", "agent_id", "pack", "session_id",
]); // prettier-ignore

/** Names of the published rules; where an event has none, what `data` holds under the name stands. */
const ADDED_FIELDS = [
  "command", "tool_name", "file_path", "url", "content", "response", "remote_host", "metric_name", "risk", "resource",
] as const; // prettier-ignore

type Fields = Record<string, unknown>;

/** They come first: to copy an object and then add to it costs many times as much. */
function presentFixed(event: AgentEvent): Fields {
  const { agent, data } = event;
  const fields: Fields = {
    event_type: joinTypes(typesOf(event), fileType(event), data["event_type"]),
    source: data["source"] === undefined ? event.source : joinTypes([event.source], undefined, data["source"]),
    kind: event.kind,
    outcome: event.outcome,
    time: event.time,
    agent,
    agent_id: agent.id,
  };
  if (agent.pack !== undefined) fields["pack"] = agent.pack;
  if (agent.session !== undefined) fields["session_id"] = agent.session;
  return fields;
}

function presentFields(event: AgentEvent, line: string | undefined): Fields {
  const { data, kind, resource, risk } = event;
  const fields = presentFixed(event);
  for (const key in data) if (!isFixed(key)) addField(fields, key, data[key]);
  const added: Readonly<Record<(typeof ADDED_FIELDS)[number], unknown>> = {
    command: line,
    tool_name: pickText(data, "tool_name", "tool"),
    file_path: readFilePath(event),
    url: pickText(data, "url") ?? (kind === "network" ? resource : undefined),
    content: pickText(data, "content", "text"),
    response: pickText(data, "response", "output"),
    remote_host: readRemoteHost(event),
    metric_name: kind === "metric" ? pickText(data, "metric_name", "metric", "name") : undefined,
    risk,
    resource,
  };
  for (const name of ADDED_FIELDS) if (added[name] !== undefined) fields[name] = added[name];
  const redaction = presentRedaction(event);
  return redaction === null ? fields : Object.assign(fields, redaction);
}

/** A key of somebody else's, which may be one that an assignment would take for something else. */
function addField(fields: Fields, key: string, value: unknown): void {
  if (key !== "__proto__") fields[key] = value;
  else Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Also a key that a rule could take for a fixed field: a path into `agent`, or the same name with spaces. */
function isFixed(key: string): boolean {
  const name = key.includes(" ") ? key.replaceAll(" ", "") : key;
  return FIXED_FIELDS.has(name) || name === "redacted" || name.startsWith("agent.") || name.startsWith("redacted.");
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

function typesOf(event: AgentEvent): readonly string[] {
  const types = EVENT_TYPES[event.kind];
  return holdsPersonalData(event) ? [...types, PII_REDACTED] : types;
}

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
export function readCommand(event: AgentEvent): string | undefined {
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

/** The file that an event is about. */
export function readFilePath({ data, kind, resource }: AgentEvent): string | undefined {
  return pickText(data, "file_path", "path") ?? (kind === "file" ? resource : undefined);
}

/** The host that an event talks to, as a plain name or a dotted address. */
export function readRemoteHost({ data, kind, resource }: AgentEvent): string | undefined {
  const address =
    pickText(data, "url", "remote_host", "destination", "host", "hostname", "domain") ??
    (kind === "network" ? resource : undefined);
  return address === undefined ? undefined : hostOf(address);
}

function pickText(data: Readonly<Record<string, unknown>>, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = data[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** What events are presented as, and the names that their fields have whoever sends them. */
export const AGENT_SOURCE: KnownSource = {
  logsource: AGENT_EVENTS,
  fields: [
    ...ADDED_FIELDS,
    ...FIXED_FIELDS,
    ...TEXT_FIELDS,
    "program",
    "piped_from",
    "command_decoded",
    "command_disguised",
    "command_cut",
    ...["id", "pack", "session", "run"].map((part) => `agent.${part}`),
  ],
};
