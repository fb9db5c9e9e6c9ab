import type { Bound, Operator } from "./bounds.ts";
import type { Correlation, Measure } from "./correlation.ts";
import type { OwnMeaning } from "./own-correlation.ts";
import { shorten } from "./text.ts";
import type { WindowReading } from "./window.ts";

const SIGNS: Readonly<Record<Operator, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "=", neq: "!=" };
const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** Dates end here. */
const DATE_MS_MAX = 8.64e15;

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
  reading: WindowReading,
): string {
  const group = Object.entries(groupBy).map(([name, value]) => `${name} "${shorten(value, 80)}"`);
  const forGroup = group.length === 0 ? "" : ` for ${group.join(", ")}`;
  const span = describeTimespan(correlation.timespanMs);
  const { own, bounds } = correlation;
  if (own?.kind === "absence") return `${describeAbsence(correlation, reading)} within ${span}${forGroup}`;
  const what = own === undefined ? describeCount(correlation, reading.count) : describeOwn(correlation, own, reading);
  if (own?.kind === "carried") return `${what} within ${span}${forGroup}`;
  const limit = bounds.length === 0 ? "" : ` (limit ${describeCondition(bounds)})`;
  return `${what} in ${span}${forGroup}${limit}`;
}

const namesOf = ({ references }: Correlation): string[] => references.map(({ reference }) => shorten(reference, 40));

function describeAbsence(correlation: Correlation, { eventIds, firstTime }: WindowReading): string {
  const ends = correlation.own?.kind === "absence" ? correlation.own.ends : 0;
  const names = namesOf(correlation).slice(0, correlation.references.length - ends);
  const missing = names.at(-1) ?? "";
  const since = Math.abs(firstTime) <= DATE_MS_MAX ? new Date(firstTime).toISOString() : String(firstTime);
  if (names.length > 1) return `no ${missing} after ${names.slice(0, -1).join(" or ")} at ${since}`;
  return eventIds.length === 0 ? `no ${missing} since ${since}` : `no ${missing} after the one at ${since}`;
}

type OtherOwn = Exclude<OwnMeaning, { kind: "absence" }>;

function describeOwn(correlation: Correlation, own: OtherOwn, { count, detail = "" }: WindowReading): string {
  const names = namesOf(correlation);
  const field = correlation.counted.map(({ name }) => name).join(", ");
  const percent = String(Number(count.toPrecision(3)));
  switch (own.kind) {
    case "ratio":
      return `${names[0]} is ${percent} % of ${names[1]} (${detail})`;
    case "change":
      return own.of === "level"
        ? `${field} changed by ${percent} % (${detail})`
        : `${own.of === "count" ? "the number of events" : `the ${own.of} of ${field}`} changed by ${percent} % (${detail})`;
    case "loop":
      if (own.isScattered) return `the same ${field} ${count} times`;
      return detail === "1"
        ? `the same ${field} ${count} times in a row`
        : `a cycle of ${detail} ${count} times in a row`;
    case "carried":
      return `"${detail}" from ${names[0]} turns up in ${names[1]}`;
  }
}

function describeCount(correlation: Correlation, count: number): string {
  const { type, counted, measure } = correlation;
  const field = counted.map(({ name }) => name).join(", ");
  if (measure !== undefined) return describeMeasure(measure, field, count);
  const rules = namesOf(correlation);
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
