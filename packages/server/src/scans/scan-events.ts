import type { ScanTarget } from "@firebreak/protocol";
import type { IndicatorSet } from "../indicators/index.ts";
import { readStoredEvent } from "../telemetry/index.ts";
import type { StoredBody } from "../telemetry/index.ts";
import type { Found } from "./found.ts";

type EventsTarget = ScanTarget & { readonly kind: "events" };

/** Looks for indicators in stored events; what was taken out before they were stored is not there to be found. */
export class EventScan {
  readonly #set: IndicatorSet;
  readonly #found: Found;
  readonly #agents: ReadonlySet<string> | undefined;
  readonly #packs: ReadonlySet<string> | undefined;
  readonly #sinceMs: number;
  readonly #untilMs: number;

  constructor(set: IndicatorSet, found: Found, { agents, packs, since, until }: EventsTarget) {
    this.#set = set;
    this.#found = found;
    this.#agents = agents === undefined ? undefined : new Set(agents);
    this.#packs = packs === undefined ? undefined : new Set(packs);
    this.#sinceMs = since === undefined ? -Infinity : Date.parse(since);
    this.#untilMs = until === undefined ? Infinity : Date.parse(until);
  }

  /** @returns whether the page reaches beyond the time that is asked for */
  scan(bodies: readonly StoredBody[], nowMs: number): { readonly isPast: boolean; readonly bytes: number } {
    let lastMs = -Infinity;
    let bytes = 0;
    for (const row of bodies) {
      bytes += row.body.length;
      const event = readStoredEvent(row);
      lastMs = Date.parse(event.receivedTime);
      if (lastMs < this.#sinceMs || lastMs > this.#untilMs || !this.#isAsked(event.agent)) continue;
      const hits = this.#set.match(event, nowMs);
      if (hits.length === 0) continue;
      const live = new Set(event.indicators?.map(({ id }) => id));
      const { id: agentId, pack, session: sessionId } = event.agent;
      const place = sessionId === undefined ? agentId : `${agentId} ${sessionId}`;
      const shared = { place, agentId, pack, sessionId, timeMs: Date.parse(event.time), number: event.seq };
      for (const hit of hits) {
        this.#found.add({ ...shared, hit, isLive: live.has(hit.id), eventId: event.id });
      }
    }
    return { isPast: lastMs > this.#untilMs + OVERLAP_MS, bytes };
  }

  #isAsked({ id, pack }: { readonly id: string; readonly pack?: string | undefined }): boolean {
    if (this.#agents === undefined && this.#packs === undefined) return true;
    return this.#agents?.has(id) === true || (pack !== undefined && this.#packs?.has(pack) === true);
  }
}

/** Commits of events overlap: the order of their numbers and that of their receipt differ by less than this. */
const OVERLAP_MS = 60_000;
