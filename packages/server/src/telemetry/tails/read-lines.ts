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
