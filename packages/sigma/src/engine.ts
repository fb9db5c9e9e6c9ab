import { CorrelationState, type Observe, type Occurrence, type StateCounts } from "./correlation-state.ts";
import { elementAt } from "./fault.ts";
import type { DetectionRule, LinkedRules } from "./link.ts";
import { logsourceKey, matchesLogsource } from "./logsource.ts";
import type { StepBudget } from "./regex.ts";
import { correlationMatch, SelectionMatch } from "./match.ts";
import { Matcher } from "./matcher.ts";
import type { Engine, EngineCounters, EngineLimits, EventMeta, Match, Presentation, SigmaEvent } from "./types.ts";
import { EventView, type Layout } from "./view.ts";

interface Hit {
  readonly rule: DetectionRule;
  readonly view: EventView;
}

interface MutableCounts extends StateCounts {
  events: number;
  matches: number;
  clampedTimes: number;
  truncatedValues: number;
  exhaustedRegexes: number;
}

/** Distinct logsources with an index of their own; they come from the host's presentations, so there are few. */
const MATCHERS_MAX = 512;

/** @param observe told of what each correlation, by its index, looks at */
export function createEngine(
  rules: LinkedRules,
  layout: Layout,
  limits: EngineLimits,
  observe?: (correlation: number) => Observe,
): Engine {
  return new SigmaEngine(rules, layout, limits, observe);
}

class SigmaEngine implements Engine {
  readonly #rules: LinkedRules;
  readonly #layout: Layout;
  readonly #limits: EngineLimits;
  readonly #states: readonly CorrelationState[];
  readonly #matchers = new Map<string, Matcher<DetectionRule>>();
  /** Event number at which a rule last matched or a correlation was last looked at, so that each counts once. */
  readonly #ruleMarks: Float64Array;
  readonly #correlationMarks: Float64Array;
  readonly #counts: MutableCounts = {
    events: 0,
    matches: 0,
    evictedGroups: 0,
    droppedEntries: 0,
    lateEvents: 0,
    ungroupedEvents: 0,
    clampedTimes: 0,
    truncatedValues: 0,
    exhaustedRegexes: 0,
  };

  constructor(
    rules: LinkedRules,
    layout: Layout,
    limits: EngineLimits,
    observe: ((correlation: number) => Observe) | undefined,
  ) {
    this.#rules = rules;
    this.#layout = layout;
    this.#limits = limits;
    this.#states = rules.correlations.map(
      ({ correlation, ruleIds }, index) =>
        new CorrelationState(correlation, ruleIds, limits, this.#counts, observe?.(index)),
    );
    this.#ruleMarks = new Float64Array(rules.detections.length);
    this.#correlationMarks = new Float64Array(rules.correlations.length);
  }

  evaluate(event: SigmaEvent, given: EventMeta): Match[] {
    this.#counts.events += 1;
    const meta = this.#withSaneTime(given);
    const budget: StepBudget = { steps: this.#limits.regexStepsMax, exhausted: false };
    const hits: Hit[] = [];
    for (const presentation of event.presentations) this.#collectHits(presentation, budget, hits);
    if (budget.exhausted) this.#counts.exhaustedRegexes += 1;
    if (hits.length === 0) return [];
    if (hits.length > 1) hits.sort((left, right) => left.rule.index - right.rule.index);
    const matches = this.#selectionMatches(hits, meta);
    this.#addCorrelationMatches(hits, meta, matches);
    this.#counts.matches += matches.length;
    return matches;
  }

  sweep(now: number): void {
    for (const state of this.#states) state.sweep(now);
  }

  counters(): EngineCounters {
    const groups = this.#states.reduce((sum, state) => sum + state.groups, 0);
    const entries = this.#states.reduce((sum, state) => sum + state.entries, 0);
    return { ...this.#counts, groups, entries };
  }

  #withSaneTime(meta: EventMeta): EventMeta {
    const { receivedTime } = meta;
    if (receivedTime === undefined || meta.time <= receivedTime + this.#limits.futureSkewMs) return meta;
    this.#counts.clampedTimes += 1;
    return { ...meta, time: receivedTime };
  }

  #collectHits(presentation: Presentation, budget: StepBudget, hits: Hit[]): void {
    const matcher = this.#matcherFor(presentation);
    if (matcher.isEmpty) return;
    const view = new EventView(presentation, this.#layout, this.#limits, budget, this.#counts);
    const eventNumber = this.#counts.events;
    const matched: DetectionRule[] = [];
    matcher.match(presentation, view, matched);
    for (const rule of matched) {
      if (this.#ruleMarks[rule.index] === eventNumber) continue;
      this.#ruleMarks[rule.index] = eventNumber;
      hits.push({ rule, view });
    }
  }

  #matcherFor(presentation: Presentation): Matcher<DetectionRule> {
    const key = this.#limits.logsourceRouting ? logsourceKey(presentation.logsource) : "";
    const known = this.#matchers.get(key);
    if (known !== undefined) return known;
    const covered = this.#rules.detections.filter(
      ({ info }) => !this.#limits.logsourceRouting || matchesLogsource(info.logsource, presentation.logsource),
    );
    const matcher = new Matcher(covered, this.#layout.refs);
    if (this.#matchers.size >= MATCHERS_MAX) this.#matchers.clear();
    this.#matchers.set(key, matcher);
    return matcher;
  }

  #selectionMatches(hits: readonly Hit[], meta: EventMeta): Match[] {
    const matches: Match[] = [];
    for (const { rule, view } of hits) if (rule.info.alerts) matches.push(new SelectionMatch(rule, view, meta));
    return matches;
  }

  #addCorrelationMatches(hits: readonly Hit[], meta: EventMeta, matches: Match[]): void {
    for (const { rule, view } of hits) {
      for (const index of rule.feeds) {
        if (this.#isCounted(index)) continue;
        this.#correlate(index, { view, ruleId: rule.info.id, meta }, rule, matches);
      }
    }
  }

  /** An event counts once in a correlation, however many of its rules it matches; a temporal one asks for each rule. */
  #isCounted(index: number): boolean {
    const { type } = elementAt(this.#rules.correlations, index).correlation;
    if (type === "temporal" || type === "temporal_ordered") return false;
    if (this.#correlationMarks[index] === this.#counts.events) return true;
    this.#correlationMarks[index] = this.#counts.events;
    return false;
  }

  /** Reports of a correlation are occurrences for those that refer to it. */
  #correlate(index: number, occurrence: Occurrence, base: DetectionRule, matches: Match[]): void {
    const firing = elementAt(this.#states, index).update(occurrence);
    if (firing === undefined) return;
    const rule = elementAt(this.#rules.correlations, index);
    const { view, meta } = occurrence;
    if (rule.info.alerts) matches.push(correlationMatch(rule, firing, base, view));
    const { groupBy, reading } = firing;
    const report = { view, ruleId: rule.info.id, meta: { ...meta, time: reading.lastTime }, groupBy };
    for (const next of rule.feeds) this.#correlate(next, report, base, matches);
  }
}
