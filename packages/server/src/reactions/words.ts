const MINUTE_MS = 60_000;

/** `40 s`, `12 min` */
export function durationWords(ms: number): string {
  const positive = Math.max(0, ms);
  return positive < MINUTE_MS ? `${Math.round(positive / 1000)} s` : `${Math.round(positive / MINUTE_MS)} min`;
}
