import type { RulesInForce } from "../detection/index.ts";
import type { Clock } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { readNewestBodies } from "../telemetry/index.ts";
import type { Workers } from "./worker/start-worker.ts";

/** What each rule costs, asked alone about the newest stored events, in a thread of its own. */
export interface CostMeter {
  /** microseconds an event; undefined when the rule was not measured yet */
  costOf(ruleId: string): number | undefined;
  /** Measures when the rules changed or the last measure is old, and there are events enough. */
  measureIfDue(): Promise<void>;
}

export interface CostMeterOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly loaded: () => RulesInForce | undefined;
  readonly placeholders: Readonly<Record<string, readonly string[]>>;
  readonly workers: Workers;
}

const EVENTS_MIN = 50;
const EVENTS_MAX = 300;
const OLD_MS = 6 * 3_600_000;
const TIMEOUT_MS = 60_000;

export function createCostMeter(options: CostMeterOptions): CostMeter {
  let costs = new Map<string, number>();
  let measured = { fingerprint: "", atMs: -Infinity };
  return {
    costOf: (ruleId) => costs.get(ruleId),
    measureIfDue: async () => {
      const { clock, database, loaded, placeholders, workers } = options;
      const rules = loaded();
      const isFresh = measured.fingerprint === rules?.fingerprint && clock.monotonicMs() - measured.atMs < OLD_MS;
      if (rules === undefined || isFresh) return;
      const bodies = await readNewestBodies({ database }, EVENTS_MAX);
      if (bodies.length < EVENTS_MIN) return;
      // also when it fails: what takes too long once takes too long again
      measured = { fingerprint: rules.fingerprint, atMs: clock.monotonicMs() };
      const task = { kind: "costs", rules: { sources: rules.sources, placeholders }, bodies } as const;
      const found = await workers.measure(task, TIMEOUT_MS);
      costs = new Map(found.map(({ ruleId, microsPerEvent }) => [ruleId, microsPerEvent]));
    },
  };
}
