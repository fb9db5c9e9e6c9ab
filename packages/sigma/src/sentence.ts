import type { Bound, Correlation, Operator } from "./correlation.ts";
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
  const counted = correlation.counted.map((field) => field.name).join(", ");
  const what = correlation.type === "event_count" ? "events" : `distinct values of ${counted}`;
  const group = Object.entries(groupBy).map(([name, value]) => `${name} "${shorten(value, 80)}"`);
  const forGroup = group.length === 0 ? "" : ` for ${group.join(", ")}`;
  const span = describeTimespan(correlation.timespanMs);
  return `${count} ${what} in ${span}${forGroup} (limit ${describeCondition(correlation.bounds)})`;
}
