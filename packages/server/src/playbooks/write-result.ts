import { inTransaction, isTransientDatabaseError } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { messageOf } from "../kernel/index.ts";
import type { RunContext } from "./context.ts";

/** Ten seconds in all: longer than a restart of the database, which takes about one. */
const PAUSES_MS = [50, 200, 750, 2000, 3000, 4000] as const;

/**
 * Writes what an effector did. Without this row nobody would know, so a database that is away for a moment is waited
 * for. A commit whose answer was lost is noticed by the next try, because the journal has moved.
 */
export async function writeResult(ctx: RunContext, act: (trx: Trx) => Promise<void>): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await inTransaction(ctx.database, act);
    } catch (error) {
      if (!isTransientDatabaseError(error)) throw error;
      ctx.logger.warn("a step's result cannot be written yet", { problem: messageOf(error) });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return inTransaction(ctx.database, act);
}
