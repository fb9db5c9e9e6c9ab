import type { Actor, Hold } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { House } from "./house.ts";

/** Why a hold ended, when this process knows; another process may have released it through the journal alone. */
export interface Release {
  readonly actor: Actor;
  readonly reason: string;
}

const ELSEWHERE: Release = {
  actor: { kind: "cli", id: "journal", name: "journal" },
  reason: "released through the journal while the server did not look",
};

/**
 * Brings the database's mirror in step with the journal, which is the truth: new holds appear, ended ones are marked.
 *
 * @param releases what is known of holds that end now
 */
export async function mirrorHolds(
  house: Pick<House, "database" | "killswitch" | "clock">,
  releases: ReadonlyMap<string, Release> = new Map(),
): Promise<void> {
  const { holds, health } = house.killswitch.current();
  if (health.state === "damaged") return;
  const active = new Map(holds.map((hold) => [hold.id, hold]));
  await inTransaction(house.database, async (trx) => {
    const mirrored = await trx.selectFrom("holds").select("id").where("released_at", "is", null).forUpdate().execute();
    const known = new Set(mirrored.map((row) => row.id));
    for (const hold of active.values()) if (!known.has(hold.id)) await insertHold(trx, hold);
    for (const id of known)
      if (!active.has(id)) await endHold(trx, id, releases.get(id) ?? ELSEWHERE, house.clock.now());
  });
}

async function insertHold(trx: Trx, hold: Hold): Promise<void> {
  const row = await trx
    .insertInto("holds")
    .values({
      id: hold.id,
      epoch: String(hold.epoch),
      scope: hold.scope,
      target: hold.target,
      level: hold.level,
      reason: hold.reason,
      actor: JSON.stringify(hold.actor),
      incident_id: hold.incidentId,
      at: hold.at,
      expires_at: hold.expiresAt,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (row !== undefined) await notifyLive(trx, "hold", hold.id);
}

async function endHold(trx: Trx, id: string, release: Release, nowMs: number): Promise<void> {
  await trx
    .updateTable("holds")
    .set({ released_at: toIso(nowMs), released_by: JSON.stringify(release.actor), release_reason: release.reason })
    .where("id", "=", id)
    .execute();
  await notifyLive(trx, "hold", id);
}
