import type { EventView } from "@firebreak/protocol";
import { timeText } from "./format.ts";
import type { Style } from "./output.ts";
import { printable } from "./printable.ts";

const TEXT_CHARACTERS_MAX = 200;
/** Of a record the fields that say most, the first that there is. */
const SAID_IN = ["command", "content", "text", "message", "url", "file_path", "response", "event"];

/** An event in columns: when, its number, who, what, how it went. Nothing in them can steer a terminal. */
export function describeEvent(event: EventView, style: Style): string[] {
  const { seq, time, agent, kind, outcome } = event;
  const shown = outcome === "denied" ? style.red(outcome) : outcome === "failure" ? style.yellow(outcome) : outcome;
  return [timeText(time), String(seq), printable(agent.id), kind, shown, saidBy(event)];
}

export const EVENT_HEADINGS = ["WHEN (UTC)", "NUMBER", "AGENT", "KIND", "OUTCOME", "WHAT"] as const;

function saidBy({ data, resource }: EventView): string {
  const tool = data["tool_name"] ?? data["tool"];
  const said = SAID_IN.map((name) => data[name]).find((value) => typeof value === "string" && value !== "");
  const record = Object.keys(data).length === 0 ? "" : JSON.stringify(data);
  const text = typeof said === "string" ? said : (resource ?? record);
  return printable(typeof tool === "string" ? `${tool}: ${text}` : text).slice(0, TEXT_CHARACTERS_MAX);
}
