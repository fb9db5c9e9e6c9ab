/** @returns the value below which the given share (0 to 1) of the values lies, by nearest rank */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** @returns median, smallest, largest and number of the values */
export function summarize(values) {
  return { median: percentile(values, 0.5), min: Math.min(...values), max: Math.max(...values), n: values.length };
}
