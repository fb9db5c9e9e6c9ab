/** The contract of the engine: what goes in (sources, events), what comes out (rules, errors, matches). */

/** One rule file. `name` is what errors print, usually its path. One file may hold several YAML documents. */
export interface RuleSource {
  readonly name: string;
  readonly text: string;
}

export interface CompileOptions {
  /** What `%name%` stands for in values with the modifier `expand`. */
  readonly placeholders?: Readonly<Record<string, readonly string[]>>;
}

/** Why a rule does not load: where (1-based line and column), what, and how to mend it. Other rules still load. */
export interface RuleError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
  readonly ruleId?: string;
}

/**
 * What a rule is for, or what a record presents itself as. Compared without regard to case. Some rulesets add keys of
 * their own (`source: openclaw`); a rule with such a key applies only to records that present it.
 */
export interface Logsource {
  readonly product?: string;
  readonly category?: string;
  readonly service?: string;
  readonly [key: string]: string | undefined;
}

export type RuleKind = "selection" | "correlation";

export interface RuleInfo {
  /** `id` of the rule, else its `name`, else its title in kebab-case. Unique in a ruleset. */
  readonly id: string;
  readonly name?: string;
  readonly title: string;
  readonly kind: RuleKind;
  readonly level: string;
  readonly status?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly logsource?: Logsource;
  /** False for a rule that only feeds correlations (referenced, without `generate: true`). */
  readonly alerts: boolean;
  readonly file: string;
  readonly line: number;
  /** True for a rule that is told of by {@link Engine.advance}, because something did not happen. */
  readonly needsTime: boolean;
  /** How far back it looks, with the correlations it refers to, ms; 0 for a rule on single events. */
  readonly windowMs: number;
  /** The rule's top-level `firebreak` key, as plain data; empty when absent. */
  readonly custom: Readonly<Record<string, unknown>>;
}

/**
 * One way to look at a record. A shell command may be `ai_agent/agent_events` with `command` and at the same time
 * `linux/process_creation` with `CommandLine`. A rule is tested on each presentation its logsource covers.
 * Field names are flat; a dotted name that is not a key itself descends into nested objects and lists.
 */
export interface Presentation {
  readonly logsource: Logsource;
  /** may be a getter that builds them when a rule needs more than `peek` can tell */
  readonly fields: Readonly<Record<string, unknown>>;
  /**
   * More fields, of other names, as if they stood in `fields`: what several presentations of one event have in common is
   * looked at once when they hold the same object.
   */
  readonly common?: Readonly<Record<string, unknown>>;
  /**
   * Reads one field without building all of them, for hosts whose rules look at few.
   *
   * @returns exactly what `fields` holds under the name; {@link NO_FIELD} when the name leads to nothing there, not as a
   *   path and not by leaving spaces out of a key; undefined when only `fields` can tell
   */
  peek?(name: string): unknown;
}

/** What {@link Presentation.peek} says of a field that the record lacks. */
export const NO_FIELD: unique symbol = Symbol("no field");

export interface SigmaEvent {
  readonly presentations: readonly Presentation[];
}

export interface EventMeta {
  /** Event time, ms since the epoch. Windows slide on it. */
  readonly time: number;
  readonly id: string;
  /** When the record arrived, ms since the epoch. With it, a time too far in the future is pulled back to it. */
  readonly receivedTime?: number;
  /** On whose behalf memory is used: what it makes the engine keep can push out nothing of another tenant's. */
  readonly tenant?: string;
}

/** A field and value that satisfied a test; `value` is cut at 256 characters. Keywords report the field `*`. */
export interface MatchedField {
  readonly field: string;
  readonly value: string;
  /** The test in words, for example `contains` or `re|i`; `equals` for a plain value. */
  readonly modifier: string;
  /** The value as the rule writes it. */
  readonly pattern: string;
}

export interface MatchedSelection {
  readonly name: string;
  readonly fields: readonly MatchedField[];
}

/**
 * A rule that came true. `selections` and `sentence` may be read late, from the event as it is then: read what you need
 * before you change the event.
 */
export interface Match {
  readonly ruleId: string;
  readonly title: string;
  readonly level: string;
  readonly kind: RuleKind;
  readonly tags: readonly string[];
  /** Of the event that completed the match. */
  readonly selections: readonly MatchedSelection[];
  /**
   * Correlations only: group, what was counted or measured in the window, the condition (`> 100`) and its bound, window
   * length.
   */
  readonly groupBy?: Readonly<Record<string, string>>;
  readonly count?: number;
  readonly threshold?: number;
  readonly condition?: string;
  readonly timespanMs?: number;
  /** Oldest first; for a correlation the newest of its window, at most `eventIdsMax`. */
  readonly eventIds: readonly string[];
  readonly firstTime: number;
  readonly lastTime: number;
  readonly sentence: string;
  readonly custom: Readonly<Record<string, unknown>>;
}

/** Limits of one engine. Every one that is hit shows in {@link EngineCounters}. */
export interface EngineLimits {
  /** Test a rule only on presentations its logsource covers. `false`: test every rule on every presentation. */
  readonly logsourceRouting: boolean;
  /** Characters of one value that are looked at. */
  readonly textCharsMax: number;
  /** Scalar values taken from one field (lists, nested objects) or, for keywords, from one record. */
  readonly valuesMax: number;
  /** Nesting that is descended into. */
  readonly depthMax: number;
  /** Automaton steps all regular expressions together may spend building states for one record. */
  readonly regexStepsMax: number;
  readonly groupsPerRuleMax: number;
  readonly groupsPerTenantMax: number;
  /** Entries of one group; never below what the condition needs to be exact. */
  readonly entriesPerGroupMax: number;
  readonly entriesPerRuleMax: number;
  readonly entriesPerTenantMax: number;
  readonly eventIdsMax: number;
  /** How much older than its group's newest event an event may be and still count. */
  readonly latenessMs: number;
  /** How far ahead of `receivedTime` an event time may be. */
  readonly futureSkewMs: number;
}

export interface EngineCounters {
  readonly events: number;
  readonly matches: number;
  /** Live state. */
  readonly groups: number;
  readonly entries: number;
  /** Groups dropped under pressure although their window was still open: a slow attack may hide behind this number. */
  readonly evictedGroups: number;
  /** Entries dropped because one group was full: its count is a lower bound. */
  readonly droppedEntries: number;
  readonly lateEvents: number;
  readonly clampedTimes: number;
  /** Events that matched a correlated rule but lack a group-by or counted field. */
  readonly ungroupedEvents: number;
  /** Values, texts or nesting cut at a limit. */
  readonly truncatedValues: number;
  /** Records on which a regular expression ran out of `regexStepsMax` and was taken as not matching. */
  readonly exhaustedRegexes: number;
}

/** State of one rule that was given up under pressure, on account of one tenant. */
export interface Eviction {
  readonly ruleId: string;
  readonly title: string;
  readonly tenant: string;
  /** How many groups, and of the first of them what it was about, how much it held and until when. */
  readonly groups: number;
  readonly groupBy: Readonly<Record<string, string>>;
  readonly entries: number;
  readonly newestTime: number;
}

export interface EngineOptions {
  /**
   * Since when groups are waited for that rules expect, ms by rule id. Without an entry: since the first advance. For an
   * engine whose windows are filled again from events before that time.
   */
  readonly expectedSince?: ReadonlyMap<string, number>;
  /** See {@link Engine.isRemembered}; ms. */
  readonly rememberedMs?: number;
}

export interface Engine {
  /** Matches of this event, in rule order. Never throws on account of the event. */
  evaluate(event: SigmaEvent, meta: EventMeta): Match[];
  /**
   * Whether the event evaluated last may matter for longer than `rememberedMs`, because a correlation that looks further
   * back counts it. A host that notes such events can fill long windows again without reading all events.
   */
  isRemembered(): boolean;
  /**
   * Says that time has gone on: no event older than `now` (ms) is to be expected any more, so it is the clock less the
   * allowed lateness. What comes true because nothing happened is told here and nowhere else. A time before one given
   * earlier changes nothing.
   */
  advance(now: number): Match[];
  /**
   * What had to be forgotten although its window was open, since this was asked last: at most one entry for each rule
   * and tenant. A slow attack may have been in it.
   */
  takeEvictions(): readonly Eviction[];
  /** Forget groups whose window ended before `now` (ms). Call it from a clock; without it they go when space is needed. */
  sweep(now: number): void;
  counters(): EngineCounters;
}

export interface Ruleset {
  readonly rules: readonly RuleInfo[];
  readonly errors: readonly RuleError[];
  /** Longest time in ms that a correlation, with those it refers to, looks back: how far back a restart must replay. */
  readonly windowMs: number;
  createEngine(limits?: Partial<EngineLimits>, options?: EngineOptions): Engine;
  /** The rules that each correlation refers to, by id. */
  references(): ReadonlyMap<string, readonly string[]>;
  /** These rules, with those they refer to and the filters on them, as a ruleset of their own. */
  only(ruleIds: readonly string[]): Ruleset;
  /** Why each event, in order, does or does not match a rule; undefined when there is none of that id. */
  explain(ruleId: string, events: readonly TimedEvent[]): Explanation | undefined;
}

export interface TimedEvent {
  readonly event: SigmaEvent;
  readonly meta: EventMeta;
}

/** Why events do or do not match a rule. */
export interface Explanation {
  readonly rule: RuleInfo;
  /** Whether the last event makes the rule report. */
  readonly matched: boolean;
  /** Of a rule with a detection: what each event makes of it. */
  readonly events: readonly ExplainedEvent[];
  /** Of a correlation: what it counts, how far it came, and its rules. */
  readonly correlation?: ExplainedCorrelation;
}

export interface ExplainedEvent {
  readonly eventId: string;
  readonly matched: boolean;
  readonly presentations: readonly ExplainedPresentation[];
}

export interface ExplainedPresentation {
  readonly logsource: Logsource;
  /** False: the rule is for another logsource and was not asked. */
  readonly covered: boolean;
  readonly holds: boolean;
  /** The conditions, then the filters. Empty when not covered. */
  readonly parts: readonly ExplainedPart[];
}

/** One part of a rule and whether it holds. */
export interface ExplainedPart {
  readonly kind: "all" | "any" | "atLeast" | "not" | "selection" | "filter" | "test";
  /** In words: `all of`, `1 of filter_*`, the name of a selection, `command|contains`. */
  readonly what: string;
  readonly holds: boolean;
  readonly parts: readonly ExplainedPart[];
  /** Parts or patterns that are left out because there are too many. */
  readonly omitted: number;
  readonly test?: ExplainedTest;
}

/** The values of a field against the patterns of a rule. Texts are cut at 256 characters. */
export interface ExplainedTest {
  /** `*` for keywords. */
  readonly field: string;
  readonly modifier: string;
  readonly isPresent: boolean;
  readonly values: readonly string[];
  readonly patterns: readonly { readonly pattern: string; readonly holds: boolean }[];
}

export interface ExplainedCorrelation {
  /** In words: `more than …`, as a match would say it. */
  readonly type: string;
  readonly condition: string;
  readonly groupBy: readonly string[];
  readonly timespanMs: number;
  /** What happened to it, oldest first; the newest of many. */
  readonly steps: readonly CorrelationStep[];
  readonly rules: readonly Explanation[];
}

/** One event, or one report of another correlation, that a correlation looked at. */
export interface CorrelationStep {
  readonly eventId: string;
  readonly ruleId: string;
  /** ms since the epoch */
  readonly time: number;
  readonly outcome: "counted" | "reported" | "late" | "no_group";
  /** Undefined when a field to group by or to count is missing. */
  readonly groupBy?: Readonly<Record<string, string>>;
  readonly count: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  logsourceRouting: true,
  textCharsMax: 256 * 1024,
  valuesMax: 4096,
  depthMax: 32,
  regexStepsMax: 5_000_000,
  groupsPerRuleMax: 10_000,
  groupsPerTenantMax: 5_000,
  entriesPerGroupMax: 1024,
  entriesPerRuleMax: 1_000_000,
  entriesPerTenantMax: 500_000,
  eventIdsMax: 200,
  latenessMs: 5 * 60_000,
  futureSkewMs: 5 * 60_000,
};
