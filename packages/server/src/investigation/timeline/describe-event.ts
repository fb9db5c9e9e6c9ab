import type { AgentEvent } from "@firebreak/protocol";
import { readCommand, readFilePath, readRemoteHost } from "../../detection/index.ts";

const TEXT_CHARACTERS_MAX = 300;

/** @returns one sentence that says what happened, in the event's own words where it has some; never longer than a few lines */
export function describeEvent(event: AgentEvent): string {
  const said = `${whatHappened(event)}${OUTCOME_WORDS[event.outcome]}`;
  return said.replaceAll(/\s+/g, " ").trim().toWellFormed();
}

const OUTCOME_WORDS: Readonly<Record<AgentEvent["outcome"], string>> = {
  success: "",
  unknown: "",
  failure: " (failed)",
  denied: " (denied)",
};

function whatHappened(event: AgentEvent): string {
  const { data, kind } = event;
  const resource = clip(event.resource ?? "");
  switch (kind) {
    case "command":
      return `Command: ${clip(readCommand(event) ?? resource)}`;
    case "tool_call": {
      const command = readCommand(event);
      const about = command ?? readFilePath(event) ?? event.resource ?? textOf(data, "url", "query");
      return `Tool ${clip(textOf(data, "tool_name", "tool", "name") || "(unnamed)")}${about === "" ? "" : `: ${clip(about)}`}`;
    }
    case "file":
      return `File ${textOf(data, "operation", "action", "access") || "touched"}: ${clip(readFilePath(event) ?? "(unnamed)")}`;
    case "network":
      return `Network: ${clip([textOf(data, "method"), textOf(data, "url") || resource || (readRemoteHost(event) ?? "(unnamed)")].join(" "))}`;
    case "auth":
      return `Authentication: ${clip([textOf(data, "user", "user_name", "username"), textOf(data, "method"), resource || textOf(data, "host", "src_ip")].filter(Boolean).join(", ") || "(no details)")}`;
    case "prompt":
    case "model_output":
    case "message":
      return `${KIND_WORDS[kind]}: ${clip(textOf(data, "content", "text", "prompt", "message", "output") || resource || "(no text)")}`;
    case "metric":
      return `Metric ${clip(textOf(data, "metric_name", "metric", "name"))}: ${clip(textOf(data, "value"))}`;
    case "heartbeat":
      return "Heartbeat";
    case "lifecycle":
      return `Lifecycle: ${clip(textOf(data, "phase", "state", "event", "message") || resource || "(no details)")}`;
    case "transaction":
      return `Transaction: ${clip([textOf(data, "amount", "value"), textOf(data, "token", "asset", "currency"), textOf(data, "to", "recipient") || resource].filter(Boolean).join(" ") || "(no details)")}`;
    case "log":
      return `Log: ${clip(textOf(data, "message", "text", "line", "content") || resource || "(no text)")}`;
    default:
      return kind satisfies never;
  }
}

const KIND_WORDS = { prompt: "Prompt", model_output: "Model output", message: "Message" } as const;

function textOf(data: AgentEvent["data"], ...keys: readonly string[]): string {
  for (const key of keys) {
    const value = data[key];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "";
}

function clip(text: string): string {
  return text.length <= TEXT_CHARACTERS_MAX ? text : `${text.slice(0, TEXT_CHARACTERS_MAX - 1)}…`;
}
