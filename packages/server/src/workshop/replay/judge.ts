import type { AgentEvent } from "@firebreak/protocol";
import type { Match, Ruleset } from "@firebreak/sigma";
import { createEvaluator, LATENESS_MS, ON_THE_WAY_MS } from "../../detection/index.ts";
import type { Evaluator } from "../../detection/index.ts";
import type { ReplayTally } from "./tally.ts";

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Judges events and silence in the order of their receipt, as live detection does with a server that never stopped. */
export class ReplayJudge {
  readonly #range: Range;
  readonly #evaluator: Evaluator;
  #heardMs = Number.NEGATIVE_INFINITY;
  #events = 0;

  constructor(ruleset: Ruleset, range: Range) {
    this.#range = range;
    // rules wait for the groups they name since the windows begin
    const since = range.fromMs - ruleset.windowMs - LATENESS_MS;
    const timed = ruleset.rules.filter(({ needsTime }) => needsTime).map(({ id }) => [id, since] as const);
    this.#evaluator = createEvaluator(ruleset, { expectedSince: new Map(timed) });
  }

  /** Events that lie in the range, so far. */
  get events(): number {
    return this.#events;
  }

  /** @returns when the event was received, ms */
  judge(event: AgentEvent, tally: ReplayTally): number {
    const receivedMs = Date.parse(event.receivedTime);
    if (receivedMs > this.#range.toMs) return receivedMs;
    this.#passTime(receivedMs, tally);
    if (receivedMs >= this.#range.fromMs) this.#events += 1;
    for (const match of this.#evaluator.evaluate(event)) tally.add({ match, event }, receivedMs);
    return receivedMs;
  }

  /** What did not happen until the end of the range. */
  end(tally: ReplayTally): void {
    this.#passTime(this.#range.toMs, tally);
  }

  #passTime(heardMs: number, tally: ReplayTally): void {
    if (!this.#evaluator.needsTime || heardMs <= this.#heardMs) return;
    this.#heardMs = heardMs;
    for (const match of this.#evaluator.advance(heardMs - ON_THE_WAY_MS)) {
      tally.add({ match, event: undefined }, Math.min(heardMs, foundAt(match)));
    }
  }
}

const foundAt = ({ lastTime }: Match): number => lastTime + ON_THE_WAY_MS;
