import type { Observe } from "./correlation-state.ts";
import { createEngine } from "./engine.ts";
import { explainDetection } from "./explain-rule.ts";
import type { Filter } from "./filter.ts";
import { linkRules, type CorrelationRule, type LinkedRules } from "./link.ts";
import type { RuleDraft } from "./rule-document.ts";
import { describeCondition } from "./sentence.ts";
import {
  DEFAULT_LIMITS,
  type CorrelationStep,
  type Engine,
  type EngineLimits,
  type EngineOptions,
  type Explanation,
  type RuleError,
  type RuleInfo,
  type Ruleset,
  type TimedEvent,
} from "./types.ts";
import type { Layout } from "./view.ts";

/** What a ruleset is linked from. */
interface Parts {
  readonly drafts: readonly RuleDraft[];
  readonly filters: readonly Filter[];
  /** References to rules that stay silent although what refers to them did not compile. */
  readonly orphaned: readonly string[];
}

/** Steps of a correlation that an explanation keeps: the newest. */
const STEPS_MAX = 200;

export class CompiledRuleset implements Ruleset {
  readonly rules: readonly RuleInfo[];
  readonly errors: readonly RuleError[];
  readonly windowMs: number;
  readonly #parts: Parts;
  readonly #layout: Layout;
  readonly #linked: LinkedRules;

  constructor(parts: Parts, layout: Layout, errors: readonly RuleError[]) {
    this.#parts = parts;
    this.#layout = layout;
    this.#linked = linkRules(parts.drafts, parts.filters, parts.orphaned);
    this.rules = [...this.#linked.detections, ...this.#linked.correlations].map(({ info }) => info);
    this.errors = [...errors, ...this.#linked.errors];
    this.windowMs = Math.max(0, ...this.#linked.correlations.map((rule) => rule.windowMs));
  }

  createEngine(limits?: Partial<EngineLimits>, options?: EngineOptions): Engine {
    return createEngine(this.#linked, this.#layout, { ...DEFAULT_LIMITS, ...limits }, options);
  }

  references(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#linked.correlations.map(({ info, ruleIds }) => [info.id, ruleIds]));
  }

  only(ruleIds: readonly string[]): CompiledRuleset {
    const wanted = this.#withReferences(ruleIds);
    const { drafts, filters } = this.#parts;
    const seen = new Set<string>();
    // of two rules with one id the first is in force
    const kept = drafts.filter(({ info: { id } }) => wanted.has(id) && !seen.has(id) && seen.add(id));
    const silent = this.rules.filter(({ id, alerts }) => wanted.has(id) && !alerts).map(({ id }) => id);
    const fitting = filters.map((filter) => {
      if (filter.rules === "any") return filter;
      const rules = filter.rules.filter(({ reference }) =>
        kept.some(({ info }) => info.id === reference || info.name === reference),
      );
      return { ...filter, rules };
    });
    return new CompiledRuleset({ drafts: kept, filters: fitting, orphaned: silent }, this.#layout, []);
  }

  explain(ruleId: string, events: readonly TimedEvent[]): Explanation | undefined {
    const rule = this.#linked.detections.find(({ info }) => info.id === ruleId);
    if (rule !== undefined) {
      const ctx = { layout: this.#layout, limits: DEFAULT_LIMITS };
      const explained = events.map((event) => explainDetection(rule, event, ctx));
      return { rule: rule.info, matched: explained.at(-1)?.matched ?? false, events: explained };
    }
    const correlation = this.#linked.correlations.find(({ info }) => info.id === ruleId);
    return correlation === undefined ? undefined : this.#explainCorrelation(correlation, events);
  }

  #explainCorrelation({ info, correlation, ruleIds }: CorrelationRule, events: readonly TimedEvent[]): Explanation {
    const steps = this.only([info.id]).#observe(info.id, events);
    const last = events.at(-1)?.meta.id;
    return {
      rule: info,
      matched: steps.some(({ outcome, eventId }) => outcome === "reported" && eventId === last),
      events: [],
      correlation: {
        type: correlation.type,
        condition: describeCondition(correlation.bounds),
        groupBy: correlation.groupBy.map(({ name }) => name),
        timespanMs: correlation.timespanMs,
        steps: steps.slice(-STEPS_MAX),
        rules: ruleIds.flatMap((id) => this.explain(id, events) ?? []),
      },
    };
  }

  #observe(ruleId: string, events: readonly TimedEvent[]): CorrelationStep[] {
    const steps: CorrelationStep[] = [];
    const observer: Observe = ({ ruleId: from, meta }, seen) => {
      const base = { eventId: meta.id, ruleId: from, time: meta.time };
      if (seen === undefined) steps.push({ ...base, outcome: "no_group", count: 0 });
      else {
        const { groupBy, reading, fires } = seen;
        const outcome = fires ? "reported" : reading.late ? "late" : "counted";
        steps.push({ ...base, outcome, groupBy, count: reading.count });
      }
    };
    const ids = this.#linked.correlations.map(({ info }) => info.id);
    const engine = createEngine(this.#linked, this.#layout, DEFAULT_LIMITS, {
      observe: (index) => (ids[index] === ruleId ? observer : () => undefined),
    });
    for (const { event, meta } of events) engine.evaluate(event, meta);
    return steps;
  }

  /** The ids, and those of all rules that they refer to. */
  #withReferences(ruleIds: readonly string[]): ReadonlySet<string> {
    const wanted = new Set<string>();
    const add = (id: string): void => {
      if (wanted.has(id)) return;
      wanted.add(id);
      this.#linked.correlations.find(({ info }) => info.id === id)?.ruleIds.forEach(add);
    };
    ruleIds.forEach(add);
    return wanted;
  }
}
