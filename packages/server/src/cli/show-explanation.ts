import type { ExplainedLine, ExplanationView } from "@firebreak/protocol";
import { timeText } from "./format.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

type Event = ExplanationView["events"][number];
type Correlation = NonNullable<ExplanationView["correlation"]>;

/** Events of a correlation's rules that are shown one by one; of more, the last. */
const EVENTS_SHOWN = 5;
const STEPS_SHOWN = 20;

/** An explanation as a tree of lines, `+` before what holds and `-` before what does not. */
export function showExplanation(output: Output, explanation: ExplanationView): void {
  const { title, ruleId, level, matched, events, correlation, logsource } = explanation;
  const verdict = matched ? output.style.green("matches") : output.style.yellow("does not match");
  output.line(`${output.style.bold(printable(title))} (${printable(ruleId)}, ${printable(level)}): ${verdict}`);
  if (correlation !== null) showCorrelation(output, correlation);
  const hidden = events.length - EVENTS_SHOWN;
  if (hidden > 0) output.line(`  … ${hidden} event(s) before these`);
  for (const event of events.slice(-EVENTS_SHOWN)) showEvent(output, event, describeLogsource(logsource ?? {}));
}

function showEvent(output: Output, { index, presentations }: Event, wanted: string): void {
  const asked = presentations.filter(({ covered }) => covered);
  if (asked.length === 0) {
    const found = [...new Set(presentations.map(({ logsource }) => describeLogsource(logsource)))].join(", ");
    output.line(
      `  event ${index}: the rule is for ${wanted}; the event is ${found === "" ? "of no known source" : found}`,
    );
  }
  for (const { logsource, holds, lines } of asked) {
    output.line(`  ${mark(holds)} event ${index} as ${describeLogsource(logsource)}`);
    for (const line of lines) showLine(output, line);
  }
}

function showLine(output: Output, line: ExplainedLine): void {
  const indent = "  ".repeat(line.depth + 2);
  output.line(`${indent}${mark(line.holds)} ${printable(describeLine(line))}`);
}

function describeLine({ kind, what, test, omitted }: ExplainedLine): string {
  if (test === null) return kind === "selection" || kind === "filter" ? `${kind} ${what}` : what;
  const held = test.patterns.filter(({ holds }) => holds).map(({ pattern }) => quote(pattern));
  const all = test.patterns.map(({ pattern }) => quote(pattern));
  const patterns =
    held.length > 0 && held.length < all.length
      ? `${held.join(", ")} (of ${all.length + omitted})`
      : shorten(all, omitted);
  const values = test.isPresent ? test.values.map(quote).join(", ") : "nothing: the event has no such field";
  return `${what}: ${patterns} in ${values}`;
}

const TEXT_CHARS_MAX = 100;

const quote = (text: string): string =>
  JSON.stringify(text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text);

const PATTERNS_SHOWN = 6;

function shorten(patterns: readonly string[], omitted: number): string {
  const more = patterns.length - PATTERNS_SHOWN + omitted;
  return more <= 0 ? patterns.join(", ") : `${patterns.slice(0, PATTERNS_SHOWN).join(", ")} and ${more} more`;
}

function showCorrelation(output: Output, { type, condition, groupBy, timespanMs, steps, rules }: Correlation): void {
  const per = groupBy.length === 0 ? "" : ` per ${groupBy.join(", ")}`;
  output.line(
    `  ${type} ${condition} within ${timespanMs / 1000} s${printable(per)}, of ${printable(rules.join(", "))}`,
  );
  if (steps.length === 0) output.line("  no event matched one of these rules");
  if (steps.length > STEPS_SHOWN) output.line(`  … ${steps.length - STEPS_SHOWN} step(s) before these`);
  for (const step of steps.slice(-STEPS_SHOWN)) {
    const group = Object.entries(step.groupBy).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    const where = group.length === 0 ? "" : ` for ${group.join(", ")}`;
    output.line(
      `  ${mark(step.outcome === "reported")} event ${step.index} at ${timeText(step.at)}: ${STEP_WORDS[step.outcome](step.count)}${printable(where)}`,
    );
  }
}

const STEP_WORDS: Readonly<Record<Correlation["steps"][number]["outcome"], (count: number) => string>> = {
  counted: (count) => `comes to ${count}`,
  reported: (count) => `comes to ${count}, reported`,
  late: () => "older than the window, not counted",
  no_group: () => "a field to group by or to count is missing, not counted",
};

const describeLogsource = (logsource: Readonly<Record<string, string>>): string =>
  printable(Object.values(logsource).join("/")) || "any source";

const mark = (holds: boolean): string => (holds ? "+" : "-");
