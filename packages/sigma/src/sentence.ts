import type { Bound, Correlation, Measure, Operator } from "./correlation.ts";
import { shorten } from "./text.ts";

const SIGNS: Readonly<Record<Operator, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "=", neq: "!=" };
const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** `> 100`, or `>= 5 and < 10` for a range. */
export function describeCondition(bounds: readonly Bound[]): string {
  return bounds.map(({ operator, value }) => `${SIGNS[operator]} ${value}`).join(" and ");
}

/** In the largest unit that divides it, as a rule would write it. */
export function describeTimespan(timespanMs: number): string {
  const [unit, sizeMs] = UNITS.find(([, size]) => timespanMs % size === 0) ?? ["s", 1000];
  return `${timespanMs / sizeMs}${unit}`;
}

/** `101 events in 1m for agent.id "a-1" (limit > 100)` */
export function describeCorrelation(
  correlation: Correlation,
  groupBy: Readonly<Record<string, string>>,
  count: number,
): string {
  const what = describeCount(correlation, count);
  const group = Object.entries(groupBy).map(([name, value]) => `${name} "${shorten(value, 80)}"`);
  const forGroup = group.length === 0 ? "" : ` for ${group.join(", ")}`;
  const span = describeTimespan(correlation.timespanMs);
  const limit = correlation.bounds.length === 0 ? "" : ` (limit ${describeCondition(correlation.bounds)})`;
  return `${what} in ${span}${forGroup}${limit}`;
}

function describeCount({ type, counted, measure, references }: Correlation, count: number): string {
  const field = counted.map(({ name }) => name).join(", ");
  if (measure !== undefined) return describeMeasure(measure, field, count);
  const rules = references.map(({ reference }) => shorten(reference, 40));
  if (type === "temporal") return `${count} of ${rules.join(", ")}`;
  if (type === "temporal_ordered") return `${count} of ${rules.join(", ")}, in this order,`;
  return type === "value_count" ? `${count} distinct values of ${field}` : `${count} events`;
}

function describeMeasure(measure: Measure, field: string, value: number): string {
  const shown = String(Number(value.toPrecision(6)));
  switch (measure.kind) {
    case "sum":
      return `${field} sums up to ${shown}`;
    case "avg":
      return `${field} averages ${shown}`;
    case "median":
      return `the median of ${field} is ${shown}`;
    case "percentile":
      return `percentile ${measure.percentile} of ${field} is ${shown}`;
    case "share":
      return `this value makes up ${shown} % of ${field}`;
  }
}
