import type { ExplainedLine, ExplanationView } from "@firebreak/protocol";
import type {
  ExplainedPart, ExplainedPresentation, Explanation, Logsource, Ruleset, SigmaEvent, TimedEvent,
} from "@firebreak/sigma"; // prettier-ignore
import { presentRecord, readRecordTime } from "../detection/index.ts";
import { toIso } from "../kernel/index.ts";

export type EventRecord = Readonly<Record<string, unknown>>;

/**
 * Records as rules see them, each known by its position. One without a time happens with the one before it.
 *
 * @param unknownAs what records are taken for that do not tell where they come from; if left out, no rule on a log source is asked
 */
export function presentRecords(records: readonly EventRecord[], unknownAs: readonly Logsource[] = []): TimedEvent[] {
  let time = 0;
  return records.map((record, index) => {
    time = readRecordTime(record) ?? time;
    return { event: presentAs(record, unknownAs), meta: { time, id: String(index) } };
  });
}

function presentAs(record: EventRecord, unknownAs: readonly Logsource[]): SigmaEvent {
  const event = presentRecord(record, { routing: true });
  const isKnown = event.presentations.some(({ logsource }) => Object.keys(logsource).length > 0);
  if (isKnown || unknownAs.length === 0) return event;
  const { presentations } = presentRecord(record, { routing: false });
  return {
    presentations: unknownAs.flatMap((logsource) => presentations.map((one) => ({ ...one, logsource }))),
  };
}

/** The log sources of a rule and of those it refers to, each once. */
export function logsourcesOf(ruleset: Ruleset, ruleId: string): Logsource[] {
  const all = ruleset.only([ruleId]).rules.flatMap(({ logsource }) => (logsource === undefined ? [] : [logsource]));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** What explanations may still hold together; what comes after is left out. */
export interface ExplanationBudget {
  characters: number;
}

const CHARACTERS_MAX = 2_000_000;
/** Events of one rule that are explained: the last. */
const EVENTS_MAX = 50;

/** Why events do or do not match a rule: the rule first, then, of a correlation, those it refers to. */
export function explainEvents(
  ruleset: Ruleset,
  ruleId: string,
  events: readonly TimedEvent[],
  budget: ExplanationBudget = { characters: CHARACTERS_MAX },
): ExplanationView[] {
  const explained = ruleset.explain(ruleId, events);
  return explained === undefined ? [] : viewsOf(explained, budget);
}

function viewsOf(explained: Explanation, budget: ExplanationBudget): ExplanationView[] {
  const { rule, matched, events, correlation } = explained;
  const view: ExplanationView = {
    ruleId: rule.id,
    title: rule.title,
    level: rule.level,
    kind: rule.kind,
    logsource: rule.logsource === undefined ? null : toPlain(rule.logsource),
    matched,
    events: events.slice(-EVENTS_MAX).map((event) => ({
      index: Number(event.eventId),
      matched: event.matched,
      presentations: event.presentations.map((one) => viewPresentation(one, budget)),
    })),
    correlation: correlation === undefined ? null : viewCorrelation(correlation),
  };
  return [view, ...(correlation?.rules.flatMap((one) => viewsOf(one, budget)) ?? [])];
}

function viewPresentation(
  { logsource, covered, holds, parts }: ExplainedPresentation,
  budget: ExplanationBudget,
): ExplanationView["events"][number]["presentations"][number] {
  const lines: ExplainedLine[] = [];
  for (const part of parts) addLines(part, 0, budget, lines);
  return { logsource: toPlain(logsource), covered, holds, lines };
}

/** The tree as lines: what a part consists of stands under it, one deeper. */
function addLines(part: ExplainedPart, depth: number, budget: ExplanationBudget, into: ExplainedLine[]): void {
  if (budget.characters <= 0) return;
  const { kind, what, holds, omitted, test, parts } = part;
  const shown = test && { ...test, values: [...test.values], patterns: test.patterns.map((one) => ({ ...one })) };
  into.push({ depth, kind, what, holds, omitted, test: shown ?? null });
  budget.characters -= sizeOf(part);
  for (const one of parts) addLines(one, depth + 1, budget, into);
}

/** About as many characters as the line takes as JSON. */
function sizeOf({ what, test }: ExplainedPart): number {
  const texts = [...(test?.values ?? []), ...(test?.patterns.map(({ pattern }) => pattern) ?? [])];
  return texts.reduce((sum, text) => sum + text.length + 30, what.length + 120);
}

function viewCorrelation(correlation: NonNullable<Explanation["correlation"]>): ExplanationView["correlation"] {
  const { type, condition, groupBy, timespanMs, steps, rules } = correlation;
  return {
    type,
    condition,
    groupBy: [...groupBy],
    timespanMs,
    rules: rules.map((one) => one.rule.id),
    steps: steps.map(({ eventId, ruleId, time, outcome, groupBy: group = {}, count }) => ({
      index: Number(eventId),
      ruleId,
      at: toIso(time),
      outcome,
      groupBy: { ...group },
      count,
    })),
  };
}

function toPlain(logsource: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(logsource).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
