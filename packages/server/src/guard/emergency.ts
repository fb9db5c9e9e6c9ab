import type { GuardStop } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import type { Clock, GuardSettings } from "../kernel/index.ts";
import { chooseVictim } from "./choose-victim.ts";
import type { Candidate, Shortage, Victim } from "./choose-victim.ts";

const STOPS_KEPT = 50;

export interface EmergencyOptions {
  readonly settings: Pick<GuardSettings, "priorities" | "stops">;
  readonly clock: Clock;
  /** @returns what was decided about it, or null when it cannot be decided yet */
  readonly stop: (victim: Victim) => Promise<string | null>;
}

/**
 * The stops of one emergency: after a time in which new work was refused, one session at a time, with time between two to see
 * what the first one brought. Nothing here lets a session run again.
 */
export class Emergency {
  readonly #options: EmergencyOptions;
  #sinceMs: number | null = null;
  #lastStopMs = Number.NEGATIVE_INFINITY;
  #decided = freshlyDecided();
  #stops: GuardStop[] = [];

  constructor(options: EmergencyOptions) {
    this.#options = options;
  }

  /** Called with every sample. @param shortage what is at its emergency tier; nothing: the emergency is over */
  async step(shortage: Shortage, candidates: readonly Candidate[]): Promise<void> {
    const { settings, clock, stop } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!shortage.cpu && !shortage.memory) {
      this.#sinceMs = null;
      return;
    }
    if (this.#sinceMs === null) {
      this.#sinceMs = nowMs;
      this.#decided = freshlyDecided();
    }
    const { afterSeconds, betweenSeconds } = settings.stops;
    if (nowMs - this.#sinceMs < afterSeconds * 1000 || nowMs - this.#lastStopMs < betweenSeconds * 1000) return;
    const victim = chooseVictim(candidates, shortage, settings, this.#decided);
    if (victim === null) return;
    const state = await stop(victim);
    if (state === null) return;
    const { sessionId, agentId } = victim.tree;
    this.#lastStopMs = nowMs;
    this.#decided[victim.effector].add(sessionId);
    const entry = { at: toIso(clock.now()), agentId, sessionId, effector: victim.effector, state };
    this.#stops = [...this.#stops, entry].slice(-STOPS_KEPT);
  }

  get stops(): readonly GuardStop[] {
    return this.#stops;
  }
}

function freshlyDecided(): Record<Victim["effector"], Set<string>> {
  return { "agent.freeze": new Set(), "agent.kill": new Set() };
}
