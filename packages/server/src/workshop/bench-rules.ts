import type { Engine, Ruleset, SigmaEvent } from "@firebreak/sigma";
import type { Clock } from "../kernel/index.ts";

/** What one rule costs when it is asked alone; in the engine rules share most of their work. */
export interface RuleCost {
  readonly ruleId: string;
  readonly microsPerEvent: number;
}

export interface Throughput {
  readonly events: number;
  readonly matches: number;
  readonly eventsPerSecond: number;
}

type Stopwatch = Pick<Clock, "monotonicMs">;

const ROUNDS = 3;
/** A round asks about this many events at least: fewer are asked about again and again. */
const THROUGHPUT_EVENTS_MIN = 5_000;
const COST_EVENTS_MIN = 1_000;

/** All rules together, from the record to the verdict; the best of three rounds after one to warm up. */
export function measureThroughput(
  ruleset: Ruleset,
  present: () => readonly SigmaEvent[],
  clock: Stopwatch,
): Throughput {
  const events = present();
  const first = evaluateAll(ruleset.createEngine(), events);
  const passes = Math.ceil(THROUGHPUT_EVENTS_MIN / events.length);
  let bestMs = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const engine = ruleset.createEngine();
    const startMs = clock.monotonicMs();
    for (let pass = 0; pass < passes; pass++) evaluateAll(engine, present());
    if (round > 0) bestMs = Math.min(bestMs, clock.monotonicMs() - startMs);
  }
  const eventsPerSecond = Math.round((events.length * passes * 1000) / Math.max(bestMs, 0.001));
  return { events: events.length, matches: first, eventsPerSecond };
}

/** Each rule alone, dearest first; a correlation with the rules it counts. Without reading the events. */
export function measureCosts(ruleset: Ruleset, events: readonly SigmaEvent[], clock: Stopwatch): RuleCost[] {
  const costs = ruleset.rules.map(({ id }) => ({
    ruleId: id,
    microsPerEvent: measureOne(ruleset.only([id]), events, clock),
  }));
  return costs.toSorted((a, b) => b.microsPerEvent - a.microsPerEvent);
}

function measureOne(ruleset: Ruleset, events: readonly SigmaEvent[], clock: Stopwatch): number {
  const passes = Math.ceil(COST_EVENTS_MIN / Math.max(events.length, 1));
  let bestMs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const engine = ruleset.createEngine();
    const startMs = clock.monotonicMs();
    for (let pass = 0; pass < passes; pass++) evaluateAll(engine, events);
    bestMs = Math.min(bestMs, clock.monotonicMs() - startMs);
  }
  return (bestMs * 1000) / Math.max(events.length * passes, 1);
}

/** @returns how many matches there were */
function evaluateAll(engine: Engine, events: readonly SigmaEvent[]): number {
  let matches = 0;
  for (const [index, event] of events.entries()) {
    matches += engine.evaluate(event, { time: index, id: String(index) }).length;
  }
  return matches;
}
