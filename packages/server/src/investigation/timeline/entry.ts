import type { InvestigationEntry, TimelineSource } from "@firebreak/protocol";
import type { Direction, Position } from "./position.ts";

/** An entry without what people marked on it, and where it stands. */
export type Draft = Omit<InvestigationEntry, "pinned" | "hidden" | "annotations"> & Position;

/** What of the timeline is wanted, and where to go on. */
export interface Reading {
  readonly direction: Direction;
  readonly after: Position | null;
  readonly limit: number;
  /** undefined: all */
  readonly sources: ReadonlySet<TimelineSource> | undefined;
  /** leaves out what is hidden, and telemetry that nothing makes notable */
  readonly isCurated: boolean;
  readonly pinned: ReadonlySet<string>;
  /** what the impact rests on */
  readonly telling: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
}

type Given = Partial<InvestigationEntry> & Pick<InvestigationEntry, "ref" | "source" | "kind" | "from" | "text">;

/** An entry that was made on this server, whose clock needs no correction. */
export function draftOf(position: Position, given: Given): Draft {
  const at = new Date(position.atMs).toISOString();
  return {
    at,
    sourceTime: at,
    receivedTime: null,
    correctionMs: 0,
    actor: null,
    agentId: null,
    sessionId: null,
    outcome: null,
    risk: null,
    redacted: [],
    links: [],
    leafHash: null,
    ...given,
    ...position,
  };
}

export function wants({ sources }: Pick<Reading, "sources">, source: TimelineSource): boolean {
  return sources === undefined || sources.has(source);
}

/** @returns the ids behind `event:` and the like */
export function idsOf(refs: ReadonlySet<string>, prefix: string): string[] {
  return [...refs].filter((ref) => ref.startsWith(`${prefix}:`)).map((ref) => ref.slice(prefix.length + 1));
}

export function isNumber(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}
