import { FirebreakError, toIso } from "../kernel/index.ts";
import type { RetentionContext } from "./context.ts";

/** A node that dies in a pass lets others go on after this. */
const LEASE_MS = 5 * 60_000;

/** Lets one node at a time do a pass. */
export interface Lease {
  /** @throws FirebreakError `conflict` when it was lost */
  renew(): Promise<void>;
  end(): Promise<void>;
}

/** @returns undefined while another node is at it */
export async function takeLease({ database, clock, newId }: RetentionContext): Promise<Lease | undefined> {
  const holder = newId("request");
  const now = clock.now();
  const taken = await database.kysely
    .updateTable("retention_state")
    .set({ holder, lease_until: toIso(now + LEASE_MS), last_started_at: toIso(now) })
    .where((expression) =>
      expression.or([expression("lease_until", "is", null), expression("lease_until", "<", new Date(now))]),
    )
    .returning("id")
    .executeTakeFirst();
  if (taken === undefined) return undefined;
  return {
    renew: async () => {
      const renewed = await database.kysely
        .updateTable("retention_state")
        .set({ lease_until: toIso(clock.now() + LEASE_MS) })
        .where("holder", "=", holder)
        .returning("id")
        .executeTakeFirst();
      if (renewed === undefined) throw new FirebreakError("conflict", "Another node took over this pass.");
    },
    end: async () => {
      await database.kysely
        .updateTable("retention_state")
        .set({ holder: null, lease_until: null })
        .where("holder", "=", holder)
        .execute();
    },
  };
}
