import type { Actor, Hold } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { House } from "./house.ts";

type EndedHold = ReturnType<House["killswitch"]["history"]>[number];

/** The journal forgets ended holds after a while; a hold that ended longer ago than that while no server looked. */
const FORGOTTEN = {
  by: { kind: "daemon", id: "firebreak", name: "firebreak" } satisfies Actor,
  reason: "ended while no server looked; the journal no longer knows why",
};

/** Brings the database's mirror in step with the journal, which is the truth: new holds appear, ended ones are marked. */
export async function mirrorHolds(house: Pick<House, "database" | "killswitch" | "clock">): Promise<void> {
  const { killswitch, clock } = house;
  const { holds, health } = killswitch.current();
  if (health.state === "damaged") return;
  const active = new Set(holds.map((hold) => hold.id));
  const ended = new Map(killswitch.history().map((entry) => [entry.hold.id, entry]));
  await inTransaction(house.database, async (trx) => {
    await insertMissing(trx, [...holds, ...[...ended.values()].map((entry) => entry.hold)]);
    const open = await trx.selectFrom("holds").select("id").where("released_at", "is", null).forUpdate().execute();
    for (const { id } of open) {
      if (!active.has(id)) await endHold(trx, id, ended.get(id), toIso(clock.now()));
    }
  });
}

async function insertMissing(trx: Trx, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const ids = holds.map((hold) => hold.id);
  const mirrored = await trx.selectFrom("holds").select("id").where("id", "in", ids).execute();
  const known = new Set(mirrored.map((row) => row.id));
  for (const hold of holds) if (!known.has(hold.id)) await insertHold(trx, hold);
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

async function endHold(trx: Trx, id: string, end: EndedHold | undefined, now: string): Promise<void> {
  const expired = end?.how === "expired" ? { ...FORGOTTEN, reason: "expired" } : FORGOTTEN;
  await trx
    .updateTable("holds")
    .set({
      released_at: end?.closedAt ?? now,
      released_by: JSON.stringify(end?.by ?? expired.by),
      release_reason: end?.reason ?? expired.reason,
    })
    .where("id", "=", id)
    .execute();
  await notifyLive(trx, "hold", id);
}
