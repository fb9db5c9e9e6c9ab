import type { AgentEvent } from "@firebreak/protocol";
import type { Engine, EngineCounters, Match, Ruleset } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { presentEvent } from "./present-event.ts";

/** An engine and what its rules look at. */
export interface Evaluator {
  /** @returns the matches of one event; a fault of ours costs this event its judgement, never the ones behind it */
  evaluate(event: AgentEvent): Match[];
  sweep(nowMs: number): void;
  counters(): EngineCounters;
}

export function createEvaluator(ruleset: Ruleset, logger: Logger): Evaluator {
  const engine: Engine = ruleset.createEngine();
  const present = { withProcesses: needsProcesses(ruleset) };
  // shared by all events of a request
  let received = { text: "", ms: 0 };
  return {
    evaluate: (event) => {
      try {
        const { id, time, receivedTime } = event;
        if (receivedTime !== received.text) received = { text: receivedTime, ms: Date.parse(receivedTime) };
        const meta = { id, time: Date.parse(time), receivedTime: received.ms };
        return engine.evaluate(presentEvent(event, present), meta);
      } catch (error) {
        logger.error("an event could not be judged", { seq: event.seq, problem: messageOf(error) });
        return [];
      }
    },
    sweep: (nowMs) => engine.sweep(nowMs),
    counters: () => engine.counters(),
  };
}

/** A rule without a category may look at any. Correlations look at rules. */
function needsProcesses({ rules }: Ruleset): boolean {
  return rules.some((rule) => {
    if (rule.kind === "correlation") return false;
    const category = rule.logsource?.category?.toLowerCase();
    return category === undefined || category === "process_creation";
  });
}
