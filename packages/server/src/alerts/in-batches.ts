/** Rows that a daemon takes in one transaction, so that none is long. */
export const BATCH_MAX = 500;

/**
 * Calls again as long as whole batches come back.
 *
 * @param act does one batch of at most {@link BATCH_MAX}, and says how many it did
 * @returns how many in all
 */
export async function inBatches(act: () => Promise<number>): Promise<number> {
  let all = 0;
  for (let batch = BATCH_MAX; batch === BATCH_MAX; all += batch) batch = await act();
  return all;
}
