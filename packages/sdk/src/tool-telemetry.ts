import type { Denied } from "./decision.ts";
import type { TelemetryEvent } from "./telemetry.ts";

/** Of arguments and answers in telemetry; what is passed on is never cut. */
const TOLD_CHARACTERS_MAX = 16_384;
const CALL_ID_CHARACTERS_MAX = 256;

/** A tool call: the tool, and the id that the runtime gives the call, which joins its end to its beginning. */
export interface ToldCall {
  readonly tool: string | undefined;
  readonly callId?: string | undefined;
  /** the server of tools, as it names itself */
  readonly server?: string | undefined;
}

/** A tool call as it begins or is refused; told at once, so that rules need not wait for its end. */
export function toolCallEvent(call: ToldCall, given: unknown, denied?: Denied): TelemetryEvent {
  const text = jsonOf(given ?? {});
  const args: unknown = text.length <= TOLD_CHARACTERS_MAX ? JSON.parse(text) : clip(text);
  const data = { ...nameOf(call), arguments: args };
  return denied === undefined
    ? { kind: "tool_call", outcome: "unknown", data }
    : { kind: "tool_call", outcome: "denied", data: { ...data, ...whyOf(denied) } };
}

/** What came of a tool call that was told of when it began. */
export function toolEndEvent(
  call: ToldCall,
  end: { readonly outcome: "success" | "failure"; readonly answer: unknown; readonly durationMs: number },
): TelemetryEvent {
  const data = {
    ...nameOf(call),
    response: clip(jsonOf(end.answer ?? "")),
    duration_ms: Math.round(end.durationMs),
  };
  return { kind: "log", outcome: end.outcome, data };
}

/** A tool call that a stop ended while it ran. */
export function toolStoppedEvent(call: ToldCall, denied: Denied): TelemetryEvent {
  return { kind: "log", outcome: "denied", data: { ...nameOf(call), ...whyOf(denied) } };
}

/** What a server says of a tool, which speaks to the model as any text does. */
export interface ToldTool {
  readonly server: string | undefined;
  readonly tool: string;
  /** of the tool and of its parameters */
  readonly descriptions: readonly string[];
  readonly hash: string;
  /** what it was before in this session, or when it was approved; left out for one that is new or the same */
  readonly hashBefore?: string | undefined;
  /** the person who accepted it as it is */
  readonly approvedBy?: string | undefined;
}

export function toolDefinitionEvent({
  server,
  tool,
  descriptions,
  hash,
  hashBefore,
  approvedBy,
}: ToldTool): TelemetryEvent {
  const isChanged = hashBefore !== undefined;
  const data = {
    event_type: isChanged ? "tool_definition_changed" : "tool_definition",
    ...nameOf({ tool, server }),
    tool_description: clip(descriptions.join("\n")),
    tool_hash: hash,
    ...(isChanged ? { approved_hash: hashBefore } : {}),
    ...(approvedBy === undefined ? {} : { approved_by: approvedBy }),
  };
  return { kind: "log", outcome: "unknown", data };
}

function nameOf({ tool, callId, server }: ToldCall): Readonly<Record<string, unknown>> {
  return {
    tool_name: tool ?? "",
    ...(server === undefined ? {} : { mcp_server: server }),
    ...(callId === undefined ? {} : { call_id: callId.slice(0, CALL_ID_CHARACTERS_MAX) }),
  };
}

/** What denied it, so that whoever reads the session later need not guess. */
function whyOf({ reason, denial, holdId, policy }: Denied): Readonly<Record<string, unknown>> {
  const hold = holdId === null ? {} : { hold_id: holdId };
  return { reason, denial, ...hold, ...(policy === undefined ? {} : { policy: policy.name }) };
}

/** What the model reads instead of a tool's answer. */
export function refusalText(denied: Denied): string {
  const said = `Firebreak (${denied.denial}): ${denied.reason}.`;
  const retryMs = denied.policy?.retryAfterMs ?? null;
  if (retryMs !== null) return `${said} Ask again in ${Math.ceil(retryMs / 1000)} s; do not try another way.`;
  if (denied.policy !== undefined) return `${said} Do not try another way.`;
  return `${said} A person decides when it goes on; do not try another way.`;
}

/** What the model reads when the stop came while the tool ran. */
export function stoppedText(denied: Denied): string {
  return `It was stopped while it ran; what it did until then stands. ${refusalText(denied)}`;
}

/** Tools answer with anything; what is no JSON is told as text. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? JSON.stringify(String(value));
  } catch {
    return JSON.stringify(String(value));
  }
}

function clip(text: string): string {
  return text.slice(0, TOLD_CHARACTERS_MAX).toWellFormed();
}
