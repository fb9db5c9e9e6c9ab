import { CorrelationState, type Firing, type StateCounts } from "./correlation-state.ts";
import { describeSelections, explainSelections } from "./explain.ts";
import { elementAt } from "./fault.ts";
import type { CorrelationRule, DetectionRule, LinkedRules } from "./link.ts";
import { logsourceKey, matchesLogsource } from "./logsource.ts";
import type { FieldRef } from "./predicate.ts";
import type { StepBudget } from "./regex.ts";
import { Route } from "./route.ts";
import { describeCondition, describeCorrelation } from "./sentence.ts";
import type { Engine, EngineCounters, EngineLimits, EventMeta, Match, Presentation, SigmaEvent } from "./types.ts";
import { buildPaths, EventView } from "./view.ts";

type Layout = ConstructorParameters<typeof EventView>[1];

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
const ROUTES_MAX = 512;

export function createEngine(rules: LinkedRules, refs: readonly FieldRef[], limits: EngineLimits): Engine {
  return new SigmaEngine(rules, { refs, paths: buildPaths(refs) }, limits);
}

class SigmaEngine implements Engine {
  readonly #rules: LinkedRules;
  readonly #layout: Layout;
  readonly #limits: EngineLimits;
  readonly #states: readonly CorrelationState[];
  readonly #routes = new Map<string, Route<DetectionRule>>();
  /** Event number at which a rule or correlation was last looked at, so that each is asked once. */
  readonly #ruleMarks: Float64Array;
  readonly #viewMarks: Float64Array;
  readonly #correlationMarks: Float64Array;
  #viewNumber = 0;
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

  constructor(rules: LinkedRules, layout: Layout, limits: EngineLimits) {
    this.#rules = rules;
    this.#layout = layout;
    this.#limits = limits;
    this.#states = rules.correlations.map(({ correlation }) => new CorrelationState(correlation, limits, this.#counts));
    this.#ruleMarks = new Float64Array(rules.detections.length);
    this.#viewMarks = new Float64Array(rules.detections.length);
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
    hits.sort((left, right) => left.rule.index - right.rule.index);
    const matches = [...this.#selectionMatches(hits, meta), ...this.#correlationMatches(hits, meta)];
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
    const route = this.#routeFor(presentation);
    if (route.isEmpty) return;
    const view = new EventView(presentation, this.#layout, this.#limits, budget, this.#counts);
    const viewNumber = ++this.#viewNumber;
    const eventNumber = this.#counts.events;
    route.candidates(view, (rule) => {
      const { index } = rule;
      if (this.#viewMarks[index] === viewNumber || this.#ruleMarks[index] === eventNumber) return;
      this.#viewMarks[index] = viewNumber;
      if (!rule.test(view)) return;
      this.#ruleMarks[index] = eventNumber;
      hits.push({ rule, view });
    });
  }

  #routeFor(presentation: Presentation): Route<DetectionRule> {
    const key = this.#limits.logsourceRouting ? logsourceKey(presentation.logsource) : "";
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const covered = this.#rules.detections.filter(
      ({ info }) => !this.#limits.logsourceRouting || matchesLogsource(info.logsource, presentation.logsource),
    );
    const route = new Route(covered);
    if (this.#routes.size >= ROUTES_MAX) this.#routes.clear();
    this.#routes.set(key, route);
    return route;
  }

  #selectionMatches(hits: readonly Hit[], meta: EventMeta): Match[] {
    return hits.filter(({ rule }) => rule.info.alerts).map(({ rule, view }) => selectionMatch(rule, view, meta));
  }

  #correlationMatches(hits: readonly Hit[], meta: EventMeta): Match[] {
    const matches: Match[] = [];
    for (const { rule, view } of hits) {
      for (const index of rule.feeds) {
        // An event counts once in a correlation, however many of its rules it matches.
        if (this.#correlationMarks[index] === this.#counts.events) continue;
        this.#correlationMarks[index] = this.#counts.events;
        const firing = elementAt(this.#states, index).update(view, rule.info.id, meta);
        if (firing === undefined) continue;
        matches.push(correlationMatch(elementAt(this.#rules.correlations, index), firing, rule, view));
      }
    }
    return matches;
  }
}

function selectionMatch(rule: DetectionRule, view: EventView, meta: EventMeta): Match {
  const { info } = rule;
  const selections = explainSelections(rule.selections, view);
  return {
    ruleId: info.id,
    title: info.title,
    level: info.level,
    kind: "selection",
    tags: info.tags,
    selections,
    eventIds: [meta.id],
    firstTime: meta.time,
    lastTime: meta.time,
    sentence: `${info.title} (${info.level}): ${describeSelections(selections)}`,
    custom: info.custom,
  };
}

function correlationMatch(rule: CorrelationRule, firing: Firing, base: DetectionRule, view: EventView): Match {
  const { info, correlation } = rule;
  const { reading, groupBy } = firing;
  return {
    ruleId: info.id,
    title: info.title,
    level: info.level,
    kind: "correlation",
    tags: info.tags,
    selections: explainSelections(base.selections, view),
    groupBy,
    count: reading.count,
    threshold: correlation.bounds[0]?.value ?? 0,
    condition: describeCondition(correlation.bounds),
    timespanMs: correlation.timespanMs,
    eventIds: reading.eventIds,
    firstTime: reading.firstTime,
    lastTime: reading.lastTime,
    sentence: `${info.title} (${info.level}): ${describeCorrelation(correlation, groupBy, reading.count)}`,
    custom: info.custom,
  };
}
