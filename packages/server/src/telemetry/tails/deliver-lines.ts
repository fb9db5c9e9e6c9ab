import type { Intake } from "../intake.ts";
import { checkEvents } from "../parse-batch.ts";
import { matchPath } from "../maps/load-maps.ts";
import type { LoadedMap } from "../maps/load-maps.ts";
import { fitEvent, lineEventId, readLogLine } from "../maps/read-log-line.ts";
import type { EventDraft } from "../maps/compile-map.ts";
import { isBlankLine } from "./line-splitter.ts";
import type { PlacedLine } from "./line-splitter.ts";

/** What is the same for all lines of a file. */
export interface LineSource {
  readonly map: LoadedMap;
  readonly path: string;
  /** hash of what the file begins with */
  readonly fileHead: string;
  readonly agent?: string | undefined;
  readonly pack?: string | undefined;
  readonly timeZone?: string | undefined;
  /** of a chained log: hash of the line before the first */
  readonly chainHash?: string | undefined;
}

export interface ReadLines {
  /** events whose line tells no time have none */
  readonly events: readonly (EventDraft & { readonly id: string })[];
  readonly lines: number;
  /** of a chained log: hash of the last line */
  readonly chainHash: string | undefined;
  /** the last line that could not be read as the map says, and how many there were */
  readonly unreadable: { readonly count: number; readonly offset: number; readonly message: string } | undefined;
}

/** Reads lines as events, each with the id under which it is counted once. */
export function readLines(lines: readonly PlacedLine[], source: LineSource, nowMs: number): ReadLines {
  const { map, path, fileHead, agent, pack, timeZone } = source;
  const context = { nowMs, path: matchPath(map, path), agentId: agent, pack, timeZone };
  const events: (EventDraft & { id: string })[] = [];
  let read = 0;
  let { chainHash } = source;
  let unreadable: ReadLines["unreadable"];
  for (const { line, offset } of lines) {
    if (isBlankLine(line)) continue;
    read += 1;
    const made = readLogLine(map, line, context, chainHash);
    ({ chainHash } = made);
    for (const [position, event] of made.events.entries()) {
      events.push({ ...fitEvent(event), id: lineEventId(event, { fileHead, offset, line, position }) });
    }
    if (made.problem !== undefined) unreadable = { count: (unreadable?.count ?? 0) + 1, offset, message: made.problem };
  }
  return { events, lines: read, chainHash, unreadable };
}

export interface Delivery {
  readonly stored: number;
  readonly known: number;
  readonly refused: number;
  readonly refusal: string | undefined;
}

const EVENTS_PER_BATCH = 2_000;

/**
 * Stores the events of lines; resolves after their commit.
 *
 * @param fallbackTime of events that have none
 * @throws FirebreakError when the intake takes nothing now: the same call is repeated later
 */
export async function deliver(
  events: readonly (EventDraft & { readonly id: string })[],
  intake: Intake,
  to: { readonly fallbackTime: string; readonly sender: string; readonly nowMs: number },
): Promise<Delivery> {
  const total = { stored: 0, known: 0, refused: 0, refusal: undefined as string | undefined };
  for (let start = 0; start < events.length; start += EVENTS_PER_BATCH) {
    const some = events.slice(start, start + EVENTS_PER_BATCH);
    const timed = some.map((event, index) => ({ line: start + index + 1, event: { time: to.fallbackTime, ...event } }));
    const receipt = await intake.accept(checkEvents(timed, to.nowMs), { name: to.sender });
    total.stored += receipt.accepted;
    total.known += receipt.duplicates;
    total.refused += receipt.rejectedTotal;
    total.refusal ??= receipt.rejected[0]?.message;
  }
  return total;
}
