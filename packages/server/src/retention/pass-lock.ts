import { FirebreakError, toIso } from "../kernel/index.ts";
import { acquireProcessLock } from "../storage/index.ts";
import type { RetentionContext } from "./context.ts";

/** Lets one process at a time do a pass. */
export interface PassLock {
  /** @throws FirebreakError `conflict` when it was lost */
  check(): void;
  end(): Promise<void>;
}

/** @returns undefined while somebody else is at it, here or elsewhere */
export async function takePassLock({ database, clock }: RetentionContext): Promise<PassLock | undefined> {
  const lock = await acquireProcessLock(database, "retention");
  if (typeof lock === "string") return undefined;
  try {
    await database.kysely
      .updateTable("retention_state")
      .set({ last_started_at: toIso(clock.now()) })
      .execute();
  } catch (fault) {
    await lock.release();
    throw fault;
  }
  return {
    check: () => {
      if (lock.lost.aborted) throw new FirebreakError("conflict", "Another node may have taken over this pass.");
    },
    end: () => lock.release(),
  };
}
