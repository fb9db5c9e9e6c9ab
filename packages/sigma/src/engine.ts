import { CorrelationState, type Firing, type Observe, type StateCounts } from "./correlation-state.ts";
import type { Correlation } from "./correlation.ts";
import { elementAt } from "./fault.ts";
import type { DetectionRule, LinkedRules } from "./link.ts";
import { logsourceKey, matchesLogsource } from "./logsource.ts";
import type { StepBudget } from "./regex.ts";
import { correlationMatch, SelectionMatch } from "./match.ts";
import { GroupIndexes } from "./group-index.ts";
import { EvictionLog } from "./group-table.ts";
import { Matcher } from "./matcher.ts";
import type { Occurrence } from "./occurrence.ts";
import { hasRoles } from "./own-correlation.ts";
import type {
  Engine,
  EngineCounters,
  EngineLimits,
  EngineOptions,
  EventMeta,
  Eviction,
  Logsource,
  Match,
  Presentation,
  SigmaEvent,
} from "./types.ts";
import { EventView, type Layout } from "./view.ts";

interface Hit {
  readonly rule: DetectionRule;
  readonly view: EventView;
}

interface Fired {
  readonly index: number;
  readonly firing: Firing;
}

/** What made a correlation come true: the event's view and the rule it matched, which absence has none of. */
interface Cause {
  readonly view: EventView;
  readonly meta: EventMeta;
  readonly base?: DetectionRule | undefined;
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

export interface InnerOptions extends EngineOptions {
  /** Told of what each correlation, by its index, looks at. */
  readonly observe?: (correlation: number) => Observe;
}

export function createEngine(
  rules: LinkedRules,
  layout: Layout,
  limits: EngineLimits,
  options: InnerOptions = {},
): Engine {
  return new SigmaEngine(rules, layout, limits, options);
}

class SigmaEngine implements Engine {
  readonly #rules: LinkedRules;
  readonly #layout: Layout;
  readonly #limits: EngineLimits;
  readonly #states: readonly CorrelationState[];
  readonly #matchers = new Map<string, Matcher<DetectionRule>>();
  #lastLogsource: Logsource | undefined;
  #lastMatcher: Matcher<DetectionRule> | undefined;
  /** Event number at which a rule last matched or a correlation was last looked at, so that each counts once. */
  readonly #ruleMarks: Float64Array;
  readonly #correlationMarks: Float64Array;
  readonly #evictions = new EvictionLog();
  readonly #remembered: ReadonlySet<DetectionRule>;
  #isRemembered = false;
  #advancedTo = Number.NEGATIVE_INFINITY;
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
    { expectedSince, rememberedMs, observe }: InnerOptions,
  ) {
    this.#rules = rules;
    this.#layout = layout;
    this.#limits = limits;
    const shared = { limits, counts: this.#counts, evictions: this.#evictions, indexes: new GroupIndexes() };
    this.#states = rules.correlations.map(
      (rule, index) =>
        new CorrelationState(rule, {
          ...shared,
          since: expectedSince?.get(rule.info.id),
          observe: observe?.(index),
        }),
    );
    this.#remembered = rememberedMs === undefined ? new Set() : rulesOfLongWindows(rules, rememberedMs);
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
    this.#isRemembered = this.#remembered.size > 0 && hits.some(({ rule }) => this.#remembered.has(rule));
    if (hits.length === 0) return [];
    if (hits.length > 1) hits.sort((left, right) => left.rule.index - right.rule.index);
    const matches = this.#selectionMatches(hits, meta);
    this.#addCorrelationMatches(hits, meta, matches);
    this.#counts.matches += matches.length;
    return matches;
  }

  isRemembered(): boolean {
    return this.#isRemembered;
  }

  advance(now: number): Match[] {
    if (!Number.isFinite(now) || now <= this.#advancedTo) return [];
    this.#advancedTo = now;
    const fired: Fired[] = [];
    for (const [index, state] of this.#states.entries()) {
      for (const firing of state.advance(now)) fired.push({ index, firing });
    }
    if (fired.length === 0) return [];
    fired.sort((left, right) => left.firing.reading.lastTime - right.firing.reading.lastTime);
    const matches: Match[] = [];
    for (const { index, firing } of fired) {
      const view = this.#viewOfGroup(firing.groupBy);
      const [id = ""] = firing.reading.eventIds;
      this.#report(index, firing, { view, meta: { id, time: firing.reading.lastTime } }, matches);
    }
    this.#counts.matches += matches.length;
    return matches;
  }

  takeEvictions(): readonly Eviction[] {
    return this.#evictions.take();
  }

  sweep(now: number): void {
    for (const state of this.#states) state.sweep(now);
  }

  counters(): EngineCounters {
    const groups = this.#states.reduce((sum, state) => sum + state.groups, 0);
    const entries = this.#states.reduce((sum, state) => sum + state.entries, 0);
    return { ...this.#counts, groups, entries };
  }

  /** A time too far in the future, or none at all, becomes that of the receipt. */
  #withSaneTime(meta: EventMeta): EventMeta {
    const { time, receivedTime = Number.POSITIVE_INFINITY } = meta;
    if (Number.isFinite(time) && !(time > receivedTime + this.#limits.futureSkewMs)) return meta;
    this.#counts.clampedTimes += 1;
    return { ...meta, time: Number.isFinite(receivedTime) ? receivedTime : 0 };
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

  /** Hosts reuse the objects of their logsources, and most events come from the same as the one before. */
  #matcherFor({ logsource }: Presentation): Matcher<DetectionRule> {
    if (logsource === this.#lastLogsource && this.#lastMatcher !== undefined) return this.#lastMatcher;
    const key = this.#limits.logsourceRouting ? logsourceKey(logsource) : "";
    const matcher = this.#matchers.get(key) ?? this.#createMatcher(key, logsource);
    this.#lastLogsource = logsource;
    this.#lastMatcher = matcher;
    return matcher;
  }

  #createMatcher(key: string, logsource: Logsource): Matcher<DetectionRule> {
    const covered = this.#rules.detections.filter(
      ({ info }) => !this.#limits.logsourceRouting || matchesLogsource(info.logsource, logsource),
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
        const { correlation } = elementAt(this.#rules.correlations, index);
        if (isTemporal(correlation)) this.#correlate(index, { view, ruleId: rule.info.id, meta, base: rule }, matches);
        else if (this.#correlationMarks[index] !== this.#counts.events) {
          this.#correlationMarks[index] = this.#counts.events;
          if (hasRoles(correlation.own)) this.#correlateRoles(index, hits, meta, matches);
          else this.#correlate(index, { view, ruleId: rule.info.id, meta, base: rule }, matches);
        }
      }
    }
  }

  /** Each rule that the event matches has a meaning of its own, told in the order of the correlation's list. */
  #correlateRoles(index: number, hits: readonly Hit[], meta: EventMeta, matches: Match[]): void {
    for (const ruleId of elementAt(this.#rules.correlations, index).ruleIds) {
      const hit = hits.find(({ rule }) => rule.info.id === ruleId);
      if (hit !== undefined) this.#correlate(index, { view: hit.view, ruleId, meta, base: hit.rule }, matches);
    }
  }

  #correlate(index: number, cause: Cause & Occurrence, matches: Match[]): void {
    const firing = elementAt(this.#states, index).update(cause);
    if (firing !== undefined) this.#report(index, firing, cause, matches);
  }

  /** Reports of a correlation are occurrences for those that refer to it. */
  #report(index: number, firing: Firing, { view, meta, base }: Cause, matches: Match[]): void {
    const rule = elementAt(this.#rules.correlations, index);
    if (rule.info.alerts) matches.push(correlationMatch(rule, firing, base, view));
    const { groupBy, reading } = firing;
    const report = { view, ruleId: rule.info.id, meta: { ...meta, time: reading.lastTime }, groupBy };
    for (const next of rule.feeds) this.#correlate(next, { ...report, base }, matches);
  }

  /** What did not happen has no record; all that is known of it is its group. */
  #viewOfGroup(groupBy: Readonly<Record<string, string>>): EventView {
    const budget: StepBudget = { steps: this.#limits.regexStepsMax, exhausted: false };
    return new EventView({ logsource: {}, fields: groupBy }, this.#layout, this.#limits, budget, this.#counts);
  }
}

const isTemporal = ({ type }: Correlation): boolean => type === "temporal" || type === "temporal_ordered";

/** The rules that are counted, directly or by reports, over more than a time. */
function rulesOfLongWindows({ detections, correlations }: LinkedRules, rememberedMs: number): Set<DetectionRule> {
  const known = new Map<number, boolean>();
  const isLong = (index: number): boolean => {
    const { windowMs, feeds } = elementAt(correlations, index);
    const answer = known.get(index) ?? (windowMs > rememberedMs || feeds.some(isLong));
    known.set(index, answer);
    return answer;
  };
  return new Set(detections.filter(({ feeds }) => feeds.some(isLong)));
}
