const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What a time in a playbook looks like: a whole number and its unit, `250ms`, `10s`, `5m`, `2h`, `3d`. */
export const DURATION_PATTERN = /^([1-9][0-9]{0,6})(ms|s|m|h|d)$/;

/** What a machine does takes no longer than a day; a person, or what is waited for, may take a month. */
export const ACT_MAX_MS = 24 * UNIT_MS.h;
export const DURATION_MAX_MS = 31 * UNIT_MS.d;

/** @returns milliseconds, or null when the text is no duration */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text);
  if (!match) return null;
  const unit = match[2];
  if (unit !== "ms" && unit !== "s" && unit !== "m" && unit !== "h" && unit !== "d") return null;
  return Number(match[1]) * UNIT_MS[unit];
}
