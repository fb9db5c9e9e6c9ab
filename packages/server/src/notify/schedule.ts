import type { DeliveryRow } from "./types.ts";

/** Waiting time after the first, second … attempt that failed; ten attempts take about four hours. */
const BACKOFF_MS = [2_000, 5_000, 15_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000] as const;

/** attempts of one delivery before a person must ask for more */
export const ATTEMPTS_MAX = BACKOFF_MS.length + 1;

/** An attempt is given up after this long, whatever the channel does. */
export const ATTEMPT_MS_MAX = 20_000;

/**
 * An attempt that has not ended after this long belongs to a process that died: it is made again with the same
 * idempotency key.
 */
export const SENDING_STALE_MS = ATTEMPT_MS_MAX + 5_000;

/** Waiting times by the number of attempts made so far, from none; the last one holds for more. */
export const WAITS_MS: readonly number[] = [0, ...BACKOFF_MS];

/** @returns when the delivery may be attempted, milliseconds since 1970; null when it has ended */
export function dueAt(delivery: Pick<DeliveryRow, "state" | "attempts" | "updated_at">): number | null {
  const since = delivery.updated_at.getTime();
  switch (delivery.state) {
    case "pending":
      return since + (WAITS_MS[Math.min(delivery.attempts, WAITS_MS.length - 1)] ?? 0);
    case "sending":
      return since + SENDING_STALE_MS;
    case "delivered":
    case "failed":
      return null;
    default:
      return delivery.state satisfies never;
  }
}
