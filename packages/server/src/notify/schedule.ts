import type { DeliveryRow } from "./types.ts";

/** Waiting time after the first, second … attempt that failed; ten attempts take about four hours. */
const BACKOFF_MS = [2_000, 5_000, 15_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000] as const;

/** attempts of one delivery before a person must ask for more */
export const ATTEMPTS_MAX = BACKOFF_MS.length + 1;

/**
 * An attempt that has not ended after this long belongs to a process that died: it is made again with the same
 * idempotency key. More than the sum of a channel's timeouts.
 */
export const SENDING_STALE_MS = 120_000;

/** the longest time after which a delivery that waits is due */
export const BACKOFF_MAX_MS = BACKOFF_MS[BACKOFF_MS.length - 1] ?? 0;

/** @returns when the delivery may be attempted, milliseconds since 1970; null when it has ended */
export function dueAt(delivery: Pick<DeliveryRow, "state" | "attempts" | "updated_at">): number | null {
  const since = delivery.updated_at.getTime();
  switch (delivery.state) {
    case "pending":
      return delivery.attempts === 0 ? since : since + (BACKOFF_MS[delivery.attempts - 1] ?? BACKOFF_MAX_MS);
    case "sending":
      return since + SENDING_STALE_MS;
    case "delivered":
    case "failed":
      return null;
    default:
      return delivery.state satisfies never;
  }
}
