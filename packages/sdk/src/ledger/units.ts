import type { Metric } from "@firebreak/protocol/policy";

/** Millionths of money and value, so that sums are exact. */
const MICRO = 1_000_000;

const isWhole = (metric: Metric): boolean => metric === "calls" || metric === "tokens";

/** @returns the amount in whole units; what is not nothing counts as one at least */
export function unitsOf(metric: Metric, amount: number): number {
  if (amount === 0) return 0;
  return isWhole(metric) ? Math.ceil(amount) : Math.max(1, Math.round(amount * MICRO));
}

export function amountOf(metric: Metric, units: number): number {
  return isWhole(metric) ? units : units / MICRO;
}
