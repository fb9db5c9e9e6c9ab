import { setImmediate } from "node:timers/promises";

const ROWS_AT_ONCE = 200;

/** Lets everything else of the process go on, once in so many rows: a stop does not wait for the archive. */
export async function breathe(row: number): Promise<void> {
  if (row % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
}
