import type { AgentEvent, AgentEventInput, AgentRef, IndicatorHit } from "@firebreak/protocol";
import { canonicalJson } from "../kernel/index.ts";
import type { Original, Redactor } from "../redaction/index.ts";
import { normalizeTime } from "./event-times.ts";

/** Who sent a batch. An agent's token speaks only for its own agent and session. */
export interface EventSender {
  /** the `source` of events that name none */
  readonly name: string;
  readonly agentId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** An event ready to be stored: complete, and as the canonical text that is kept. */
export interface PreparedEvent {
  /** its `seq` is zero until it is stored */
  readonly event: { -readonly [K in keyof AgentEvent]: AgentEvent[K] };
  /** RFC 8785 canonical JSON of `event` without `seq` */
  readonly body: string;
  /** what was taken out and is kept encrypted; mostly nothing */
  readonly originals: readonly Original[];
}

export interface PrepareContext {
  readonly sender: EventSender;
  /** ISO 8601 in UTC */
  readonly receivedTime: string;
  readonly makeId: () => string;
  readonly redactor: Redactor;
  readonly matchIndicators: MatchIndicators;
}

export type MatchIndicators = (event: Pick<AgentEventInput, "resource" | "data">) => readonly IndicatorHit[];

/** Takes out what the policy forbids, fills in what the sender left out, and fixes the text that is stored. */
export function prepareEvent(input: AgentEventInput, context: PrepareContext): PreparedEvent {
  const { sender, receivedTime } = context;
  // first: an address that is taken out could not be met
  const indicators = context.matchIndicators(input);
  const { source, resource, data, facts, originals } = context.redactor.redactEvent(input);
  const event: PreparedEvent["event"] = {
    seq: 0,
    id: input.id ?? context.makeId(),
    time: input.time === undefined ? receivedTime : normalizeTime(input.time),
    receivedTime,
    source: source ?? toPrintableName(sender.name),
    agent: completeAgent(input.agent, sender),
    kind: input.kind,
    outcome: input.outcome ?? "unknown",
    data: data ?? {},
  };
  if (input.risk !== undefined) event.risk = input.risk;
  if (resource !== undefined) event.resource = resource;
  if (facts.length > 0) event.redacted = facts;
  if (indicators.length > 0) event.indicators = indicators;
  return { event, body: writeCanonical(event), originals };
}

/**
 * {@link canonicalJson} of an event without its `seq`, for every event: what the order of the keys is, and that kind,
 * outcome, risk and times hold nothing to escape, is known here. A property test holds the two together.
 */
function writeCanonical(event: AgentEvent): string {
  const { agent, data, id, indicators, kind, outcome, receivedTime, redacted, resource, risk, source, time } = event;
  const indicatorsPart = indicators === undefined ? "" : `,"indicators":${canonicalJson(indicators)}`;
  const redactedPart = redacted === undefined ? "" : `,"redacted":${canonicalJson(redacted)}`;
  const resourcePart = resource === undefined ? "" : `,"resource":${canonicalJson(resource)}`;
  const riskPart = risk === undefined ? "" : `,"risk":"${risk}"`;
  return `{"agent":${canonicalJson(agent)},"data":${canonicalJson(data)},"id":${canonicalJson(id)}${indicatorsPart},"kind":"${kind}","outcome":"${outcome}","receivedTime":"${receivedTime}"${redactedPart}${resourcePart}${riskPart},"source":${canonicalJson(source)},"time":"${time}"}`;
}

const NAME_CHARACTERS_MAX = 128;

/** A person or token may be named with what the columns of events cannot hold, above all line feeds. */
function toPrintableName(name: string): string {
  return name.slice(0, NAME_CHARACTERS_MAX).replaceAll(/[\p{Cc}\p{Cs}]/gu, "?") || "unknown";
}

function completeAgent(agent: AgentRef, sender: EventSender): AgentRef {
  const isOwn = agent.session === undefined && sender.sessionId !== undefined && agent.id === sender.agentId;
  return isOwn ? { ...agent, session: sender.sessionId } : agent;
}

/** @returns why this sender may not send this event, or null */
export function explainForeignAgent(agent: AgentRef, sender: EventSender): string | null {
  if (sender.agentId === undefined) return null;
  if (agent.id !== sender.agentId) {
    return `agent.id: this token speaks for ${sender.agentId}, not for ${agent.id}; use the token of that agent`;
  }
  if (sender.sessionId === undefined || agent.session === undefined || agent.session === sender.sessionId) return null;
  return `agent.session: this token speaks for the session ${sender.sessionId} only; leave the session out`;
}
