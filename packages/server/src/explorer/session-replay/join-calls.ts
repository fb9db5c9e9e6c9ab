import type { EventMoment, MomentAnswer } from "@firebreak/protocol";
import type { Reading } from "./read-moment.ts";

/** An answer is looked for among so many events after its call; beyond it, it stands where it came. */
export const JOIN_WITHIN = 250;
/** Whether an answer without an id is joined is seen from so many events before it. */
export const JOIN_LOOKBACK = 2 * JOIN_WITHIN;

interface Stream {
  readonly last: number;
  /** the newest is a call that waits */
  readonly isOpen: boolean;
  /** two calls waited at once: an answer could be that of either */
  readonly isUnclear: boolean;
}

/**
 * Puts what came of each call beside it. An answer with an id belongs to the newest call of that id. One without belongs
 * to the only call of that tool that waits; when two wait, nobody can tell whose it is, and it stands on its own. Where a
 * page begins makes no difference, if {@link JOIN_LOOKBACK} events before and {@link JOIN_WITHIN} after are given.
 *
 * @param range the positions that are wanted; the others only help to join
 */
export function joinCalls(
  readings: readonly Reading[],
  range: { readonly from: number; readonly to: number },
): EventMoment[] {
  const answers = new Map<number, { readonly reading: Reading; readonly joinedBy: MomentAnswer["joinedBy"] }>();
  const joined = new Set<number>();
  const byId = new Map<string, number>();
  const streams = new Map<string, Stream>();
  for (const [position, reading] of readings.entries()) {
    if (reading.part === "none" || reading.part === "whole") continue;
    const found = reading.callId === undefined ? undefined : byId.get(callKey(reading));
    if (!isEnd(reading, found)) {
      begin(position, reading, byId, streams);
      continue;
    }
    const call = found ?? openCallOf(position, reading, streams);
    if (call === undefined || position - call > JOIN_WITHIN || answers.has(call)) continue;
    answers.set(call, { reading, joinedBy: found === undefined ? "order" : "call_id" });
    joined.add(position);
  }
  return readings.flatMap((reading, position) => {
    if (position < range.from || position >= range.to || joined.has(position)) return [];
    const answer = answers.get(position);
    return [answer === undefined ? reading.moment : withAnswer(reading.moment, answer.reading, answer.joinedBy)];
  });
}

function callKey({ callId, moment }: Reading): string {
  return `${moment.agentId}\n${callId ?? ""}`;
}

/** Some senders tell of the end of a call as they tell of its beginning, with the same id and without its arguments. */
function isEnd({ part, moment }: Reading, begun: number | undefined): boolean {
  return part === "ends" || (begun !== undefined && moment.arguments === null && moment.outcome !== "unknown");
}

function begin(position: number, reading: Reading, byId: Map<string, number>, streams: Map<string, Stream>): void {
  if (reading.callId !== undefined) {
    byId.set(callKey(reading), position);
    return;
  }
  // what was refused never began, so nothing comes of it
  if (reading.moment.outcome === "denied") return;
  const before = streams.get(reading.stream);
  const isUnclear = before !== undefined && before.isOpen && position - before.last <= JOIN_WITHIN;
  streams.set(reading.stream, { last: position, isOpen: true, isUnclear });
}

function openCallOf(position: number, { callId, stream }: Reading, streams: Map<string, Stream>): number | undefined {
  if (callId !== undefined) return undefined;
  const before = streams.get(stream);
  streams.set(stream, { last: position, isOpen: false, isUnclear: false });
  return before?.isOpen === true && !before.isUnclear ? before.last : undefined;
}

function withAnswer(call: EventMoment, answer: Reading, joinedBy: MomentAnswer["joinedBy"]): EventMoment {
  const { seq, at, outcome, text, denied, redacted, indicators } = answer.moment;
  return {
    ...call,
    // a call that a stop ended while it ran
    denied: call.denied ?? denied,
    redacted: [...call.redacted, ...redacted],
    indicators: [...call.indicators, ...indicators],
    answer: { seq, at, outcome, text, durationMs: answer.durationMs ?? spanOf(call.at, at), joinedBy },
  };
}

function spanOf(from: string, to: string): number | null {
  const span = Date.parse(to) - Date.parse(from);
  return span >= 0 ? span : null;
}
