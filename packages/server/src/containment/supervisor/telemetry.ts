import { StringDecoder } from "node:string_decoder";
import type { AgentEventInput, EventKind } from "@firebreak/protocol";
import { agentEventInput } from "@firebreak/protocol";
import type { Clock, NewId } from "../../kernel/index.ts";
import { toIso } from "../../kernel/index.ts";

/** Whose telemetry it is. */
export interface AgentIdentity {
  readonly agentId: string;
  readonly pack: string | null;
  readonly sessionId: string;
}

export interface EventMaker {
  readonly identity: AgentIdentity;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** @returns an event of the supervisor itself */
export function makeEvent(maker: EventMaker, kind: EventKind, data: AgentEventInput["data"]): AgentEventInput {
  const { id, time, agent } = stamp(maker);
  return { id, time, source: "supervisor", agent, kind, data: data ?? {} };
}

function stamp({ identity, clock, newId }: EventMaker) {
  const agent = { id: identity.agentId, session: identity.sessionId };
  return {
    id: newId("event"),
    time: toIso(clock.now()),
    agent: identity.pack === null ? agent : { ...agent, pack: identity.pack },
  };
}

/**
 * Takes one line of an agent's output as telemetry when it is a JSON object with a known `kind`. What the agent leaves
 * out is filled in. It may speak for nobody else: another agent's name moves to `data.claimedAgent`.
 *
 * @returns null when the line is not telemetry
 */
export function parseTelemetryLine(line: string, maker: EventMaker): AgentEventInput | null {
  if (!line.startsWith("{")) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("kind" in value)) return null;
  const claimed = "agent" in value ? value.agent : undefined;
  const { id, time, agent } = stamp(maker);
  const parsed = agentEventInput.safeParse({
    source: "stdout",
    ...value,
    id: "id" in value ? value.id : id,
    time: "time" in value ? value.time : time,
    agent: { ...agent, ...runOf(claimed) },
  });
  if (!parsed.success) return null;
  const claimedId = memberOf(claimed, "id");
  if (claimedId === undefined || claimedId === agent.id) return parsed.data;
  return { ...parsed.data, data: { ...parsed.data.data, claimedAgent: JSON.stringify(claimedId).slice(0, 130) } };
}

function runOf(claimed: unknown): { run?: unknown } {
  const run = memberOf(claimed, "run");
  return run === undefined ? {} : { run };
}

function memberOf(value: unknown, key: "id" | "run"): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(key);
}

const LINE_CHARACTERS_MAX = 256 * 1024;

/** Cuts a byte stream into lines. A line that is too long is dropped whole. */
export function createLineReader(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let skipping = false;
  const take = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!skipping) onLine(line);
      skipping = false;
    }
    if (rest.length > LINE_CHARACTERS_MAX) {
      rest = "";
      skipping = true;
    }
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== "" && !skipping) onLine(rest);
      rest = "";
    },
  };
}
