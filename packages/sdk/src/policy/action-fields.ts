import { ACT_LOGSOURCE } from "@firebreak/protocol/policy";
import type { Presentation } from "@firebreak/sigma";
import type { GateAction } from "./action.ts";

export interface ActingAgent {
  readonly agent: string;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
}

/** The fields of an act that rules may ask for, beside `arguments.…`; a rule that asks for others cannot be published. */
export const ACT_FIELDS: readonly string[] = [
  "event_type", "kind", "tool_name", "tool", "integration", "arguments", "command", "url", "remote_host",
  "file_path", "content", "agent.id", "agent.pack", "agent.session", "agent_id", "pack", "session_id",
]; // prettier-ignore

const COMMAND_KEYS = ["command", "command_line", "cmd", "argv"] as const;
const URL_KEYS = ["url", "uri"] as const;
const PATH_KEYS = ["file_path", "path"] as const;
const CONTENT_KEYS = ["content", "text"] as const;
const WORDS_MAX = 1000;

/** @returns the act as rules see it, under the names that events of agents have */
export function presentAct(action: GateAction, { agent, pack, session }: ActingAgent): Presentation {
  const given = action.arguments ?? {};
  const command = action.command ?? commandIn(given);
  const url = action.url ?? textAt(given, URL_KEYS);
  const filePath = action.filePath ?? textAt(given, PATH_KEYS);
  const content = action.content ?? textAt(given, CONTENT_KEYS);
  const fields: Record<string, unknown> = {
    event_type: typesOf(command, url, filePath),
    kind: "tool_call",
    "agent.id": agent,
    agent_id: agent,
  };
  if (action.tool !== undefined) fields["tool_name"] = fields["tool"] = action.tool;
  if (action.integration !== undefined) fields["integration"] = action.integration;
  if (action.arguments !== undefined) fields["arguments"] = action.arguments;
  if (command !== undefined) fields["command"] = command;
  if (url !== undefined) Object.assign(fields, { url, remote_host: hostOf(url) });
  if (filePath !== undefined) fields["file_path"] = filePath;
  if (content !== undefined) fields["content"] = content;
  if (pack !== undefined) fields["agent.pack"] = fields["pack"] = pack;
  if (session !== undefined) fields["agent.session"] = fields["session_id"] = session;
  return { logsource: ACT_LOGSOURCE, fields };
}

function typesOf(command: unknown, url: unknown, filePath: unknown): readonly string[] {
  const types = ["tool_call"];
  if (command !== undefined) types.push("command");
  if (url !== undefined) types.push("network", "network_request");
  if (filePath !== undefined) types.push("file");
  return types;
}

function textAt(holder: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = holder[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** A command line, also one that is given as a list of words. */
function commandIn(holder: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of COMMAND_KEYS) {
    const value = holder[key];
    if (typeof value === "string") return value;
    if (!Array.isArray(value) || value.length === 0) continue;
    const words = value.slice(0, WORDS_MAX).filter((word) => typeof word === "string");
    if (words.length > 0) return words.map(quoteWord).join(" ");
  }
  return undefined;
}

/** As a shell would need it, so that one argument stays one word. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** @returns the host in any spelling (decimal, hexadecimal, short) as one */
function hostOf(address: string): string | undefined {
  try {
    const url = new URL(address.includes("://") ? address : `http://${address}`);
    return url.hostname.replace(/\.$/, "").replaceAll(/[[\]]/g, "");
  } catch {
    return undefined;
  }
}
