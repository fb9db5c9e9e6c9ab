import type { ExplainedLine, ExplanationView } from "@firebreak/protocol";
import type { ExplainedPart, ExplainedPresentation, Explanation, Ruleset, TimedEvent } from "@firebreak/sigma";
import { presentRecord, readRecordTime } from "../detection/index.ts";
import { toIso } from "../kernel/index.ts";

export type EventRecord = Readonly<Record<string, unknown>>;

/** Records as rules see them, each known by its position. One without a time happens with the one before it. */
export function presentRecords(records: readonly EventRecord[]): TimedEvent[] {
  let time = 0;
  return records.map((record, index) => {
    time = readRecordTime(record) ?? time;
    return { event: presentRecord(record, { routing: true }), meta: { time, id: String(index) } };
  });
}

/** Why the records do or do not match a rule: the rule first, then, of a correlation, those it refers to. */
export function explainRecords(ruleset: Ruleset, ruleId: string, records: readonly EventRecord[]): ExplanationView[] {
  const explained = ruleset.explain(ruleId, presentRecords(records));
  return explained === undefined ? [] : viewsOf(explained);
}

function viewsOf(explained: Explanation): ExplanationView[] {
  const { rule, matched, events, correlation } = explained;
  const view: ExplanationView = {
    ruleId: rule.id,
    title: rule.title,
    level: rule.level,
    kind: rule.kind,
    logsource: rule.logsource === undefined ? null : toPlain(rule.logsource),
    matched,
    events: events.map((event) => ({
      index: Number(event.eventId),
      matched: event.matched,
      presentations: event.presentations.map(viewPresentation),
    })),
    correlation: correlation === undefined ? null : viewCorrelation(correlation),
  };
  return [view, ...(correlation?.rules.flatMap(viewsOf) ?? [])];
}

function viewPresentation({ logsource, covered, holds, parts }: ExplainedPresentation) {
  return { logsource: toPlain(logsource), covered, holds, lines: parts.flatMap((part) => linesOf(part, 0)) };
}

/** The tree as lines: what a part consists of stands under it, one deeper. */
function linesOf(part: ExplainedPart, depth: number): ExplainedLine[] {
  const { kind, what, holds, omitted, test, parts } = part;
  const shown = test && { ...test, values: [...test.values], patterns: test.patterns.map((one) => ({ ...one })) };
  return [
    { depth, kind, what, holds, omitted, test: shown ?? null },
    ...parts.flatMap((one) => linesOf(one, depth + 1)),
  ];
}

function viewCorrelation(correlation: NonNullable<Explanation["correlation"]>): ExplanationView["correlation"] {
  const { type, condition, groupBy, timespanMs, steps, rules } = correlation;
  return {
    type,
    condition,
    groupBy: [...groupBy],
    timespanMs,
    rules: rules.map(({ rule }) => rule.id),
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
