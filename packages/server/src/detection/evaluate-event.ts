import type { AgentEvent } from "@firebreak/protocol";
import { DEFAULT_LIMITS } from "@firebreak/sigma";
import type { Engine, EngineCounters, Eviction, Match, Ruleset } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import { matchIndicators } from "./indicator-matches.ts";
import { presentEvent } from "./present-event.ts";

/** How much older than the newest an event may be and still count, ms. */
export const LATENESS_MS = DEFAULT_LIMITS.latenessMs;

/** How long an event may be on its way before its absence is told of. */
export const ON_THE_WAY_MS = 60_000;

/**
 * Windows up to this are filled again from all events, longer ones from those that were remembered, ms. Less would mean
 * to remember almost everything: rules on what agents do look back up to an hour.
 */
export const REMEMBERED_MS = 60 * 60_000;

/** An engine and what its rules look at. */
export interface Evaluator {
  /** Whether a rule tells of what did not happen, so that time must pass. */
  readonly needsTime: boolean;
  /** @returns the matches of one event; a fault of ours costs this event its judgement, never the ones behind it */
  evaluate(event: AgentEvent): Match[];
  /** Whether the event evaluated last may matter for longer than {@link REMEMBERED_MS}. */
  isRemembered(): boolean;
  /** @returns what came true because nothing happened; nothing older than `untilMs` is to come */
  advance(untilMs: number): Match[];
  /** @returns what had to be forgotten under pressure since the last call */
  takeEvictions(): readonly Eviction[];
  sweep(nowMs: number): void;
  counters(): EngineCounters;
}

export interface EvaluatorOptions {
  /** since when rules wait for the groups they name, by id */
  readonly expectedSince?: ReadonlyMap<string, number>;
  /** told of an event that could not be judged */
  readonly onFault?: (fault: JudgingFault) => void;
}

export interface JudgingFault {
  readonly seq: number;
  readonly problem: string;
}

export function createEvaluator(
  ruleset: Ruleset,
  { expectedSince = new Map(), onFault = () => undefined }: EvaluatorOptions = {},
): Evaluator {
  const engine: Engine = ruleset.createEngine({}, { expectedSince, rememberedMs: REMEMBERED_MS });
  const hasRules = ruleset.rules.length > 0;
  const present = { withProcesses: needsProcesses(ruleset) };
  // shared by all events of a request
  let received = { text: "", ms: 0 };
  return {
    needsTime: ruleset.rules.some((rule) => rule.needsTime),
    evaluate: (event) => {
      try {
        const { id, time, receivedTime, agent } = event;
        if (receivedTime !== received.text) received = { text: receivedTime, ms: Date.parse(receivedTime) };
        const tenant = agent.pack ?? agent.id;
        const meta = { id, time: Date.parse(time), receivedTime: received.ms, tenant };
        const matches = hasRules ? engine.evaluate(presentEvent(event, present), meta) : [];
        return event.indicators === undefined ? matches : [...matches, ...matchIndicators(event, meta.time)];
      } catch (error) {
        onFault({ seq: event.seq, problem: messageOf(error) });
        return [];
      }
    },
    isRemembered: () => engine.isRemembered(),
    advance: (untilMs) => engine.advance(untilMs),
    takeEvictions: () => engine.takeEvictions(),
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
