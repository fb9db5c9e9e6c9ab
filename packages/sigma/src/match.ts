import type { Firing } from "./correlation-state.ts";
import { describeSelections, explainSelections } from "./explain.ts";
import type { CorrelationRule, DetectionRule } from "./link.ts";
import { describeCondition, describeCorrelation } from "./sentence.ts";
import type { EventMeta, Match, MatchedSelection } from "./types.ts";
import type { EventView } from "./view.ts";

/** The match of one event. What matched where is found when it is asked for: most hosts ask only about few rules. */
export class SelectionMatch implements Match {
  readonly kind = "selection";
  readonly #rule: DetectionRule;
  readonly #view: EventView;
  readonly #meta: EventMeta;
  #selections: readonly MatchedSelection[] | undefined;

  constructor(rule: DetectionRule, view: EventView, meta: EventMeta) {
    this.#rule = rule;
    this.#view = view;
    this.#meta = meta;
  }

  get ruleId(): string {
    return this.#rule.info.id;
  }

  get title(): string {
    return this.#rule.info.title;
  }

  get level(): string {
    return this.#rule.info.level;
  }

  get tags(): readonly string[] {
    return this.#rule.info.tags;
  }

  get custom(): Readonly<Record<string, unknown>> {
    return this.#rule.info.custom;
  }

  get eventIds(): readonly string[] {
    return [this.#meta.id];
  }

  get firstTime(): number {
    return this.#meta.time;
  }

  get lastTime(): number {
    return this.#meta.time;
  }

  get selections(): readonly MatchedSelection[] {
    this.#selections ??= explainSelections(this.#rule.detection.selections, this.#view);
    return this.#selections;
  }

  get sentence(): string {
    return `${this.title} (${this.level}): ${describeSelections(this.selections)}`;
  }

  toJSON(): Match {
    const { ruleId, title, level, kind, tags, selections, eventIds, firstTime, lastTime, sentence, custom } = this;
    return { ruleId, title, level, kind, tags, selections, eventIds, firstTime, lastTime, sentence, custom };
  }
}

/** @param base the rule that the event at hand matched, unless there is no event */
export function correlationMatch(
  rule: CorrelationRule,
  firing: Firing,
  base: DetectionRule | undefined,
  view: EventView,
): Match {
  const { info, correlation } = rule;
  const { reading, groupBy } = firing;
  return {
    ruleId: info.id,
    title: info.title,
    level: info.level,
    kind: "correlation",
    tags: info.tags,
    selections: base === undefined ? [] : explainSelections(base.detection.selections, view),
    groupBy,
    count: reading.count,
    threshold: correlation.bounds[0]?.value ?? 0,
    condition: describeCondition(correlation.bounds),
    timespanMs: correlation.timespanMs,
    eventIds: reading.eventIds,
    firstTime: reading.firstTime,
    lastTime: reading.lastTime,
    sentence: `${info.title} (${info.level}): ${describeCorrelation(correlation, groupBy, reading)}`,
    custom: info.custom,
  };
}
