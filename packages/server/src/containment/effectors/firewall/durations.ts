import { z } from "zod";

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,5})(s|m|h|d)$/;

/** How long something lasts: `90s`, `30m`, `2h`, `7d`; gives milliseconds. */
export function durationParameter(maxMs: number, maxText: string) {
  return z
    .string()
    .max(16)
    .transform((text, check) => {
      const [, count, unit] = DURATION.exec(text) ?? [];
      const ms =
        Number(count) * (unit === "s" || unit === "m" || unit === "h" || unit === "d" ? UNIT_MS[unit] : Number.NaN);
      if (ms <= maxMs) return ms;
      const message = Number.isNaN(ms) ? "use a time such as 90s, 30m, 2h or 7d" : `it lasts ${maxText} at most`;
      check.addIssue({ code: "custom", message });
      return z.NEVER;
    });
}

/** @returns when an effect ends: at the earlier of what the step and its parameters say; null when neither says */
export function endOf(expiresAtMs: number | null, forMs: number | undefined, nowMs: number): number | null {
  const ends = [expiresAtMs, forMs === undefined ? null : nowMs + forMs].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}
