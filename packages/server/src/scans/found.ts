import type { IndicatorHit } from "@firebreak/protocol";

const SAMPLES_MAX = 20;

/** One indicator in one place, as far as it was looked at. */
export interface FoundHit {
  readonly hit: IndicatorHit;
  readonly place: string;
  readonly agentId: string | null;
  readonly pack: string | null;
  readonly sessionId: string | null;
  count: number;
  live: number;
  firstMs: number | null;
  lastMs: number | null;
  readonly samples: number[];
  /** id of the newest event that was not told of */
  lastEvent: string | null;
}

export interface Sighting {
  readonly hit: IndicatorHit;
  readonly place: string;
  readonly agentId?: string | undefined;
  readonly pack?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly timeMs: number | null;
  /** of the event or the line; null: none */
  readonly number: number | null;
  readonly isLive: boolean;
  readonly eventId: string | null;
}

/** What was met since it was taken last, each indicator and place once. */
export class Found {
  #hits = new Map<string, FoundHit>();

  add(sighting: Sighting): void {
    const { hit, place, timeMs, number, isLive, eventId } = sighting;
    const key = `${hit.id} ${place}`;
    let known = this.#hits.get(key);
    if (known === undefined) {
      const { agentId = null, pack = null, sessionId = null } = sighting;
      const none = { count: 0, live: 0, firstMs: null, lastMs: null, samples: [], lastEvent: null };
      known = { hit, place, agentId, pack, sessionId, ...none };
      this.#hits.set(key, known);
    }
    known.count += 1;
    if (isLive) known.live += 1;
    else known.lastEvent = eventId ?? known.lastEvent;
    if (timeMs !== null) {
      known.firstMs = Math.min(known.firstMs ?? timeMs, timeMs);
      known.lastMs = Math.max(known.lastMs ?? timeMs, timeMs);
    }
    if (number !== null && known.samples.length < SAMPLES_MAX) known.samples.push(number);
  }

  take(): FoundHit[] {
    const taken = [...this.#hits.values()];
    this.#hits = new Map();
    return taken;
  }
}
