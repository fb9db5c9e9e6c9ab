import type { Actor, Hold, RestoreBatch, RestoreView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { listSupervisors } from "../../containment/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { RestoresTable } from "../../storage/index.ts";
import { listPacks } from "../../telemetry/index.ts";
import type { House } from "../house.ts";
import { derivedId } from "./derived-id.ts";

export type RestoreRow = Selectable<RestoresTable>;
type Place = RestoreBatch[number];

const PLACES_MAX = 1_000;

/**
 * Before a stop of everything is released: what must not come back at once gets a hold of its own, so that the release lets
 * only the first batch run. A repeat after a crash sets the same holds.
 *
 * @returns false when there is nothing to do in batches
 */
export async function beginRestore(house: House, hold: Hold, actor: Actor, reason: string): Promise<boolean> {
  const plan = house.killswitchPolicy.gradualRestore;
  if (plan === null || hold.scope !== "global") return false;
  const places = await placesToRestore(house);
  if (places.length <= plan.packsPerBatch) return false;
  const batches = inBatches(places, plan.packsPerBatch);
  const held = [batches[0] ?? []];
  for (const [index, batch] of batches.slice(1).entries()) {
    held.push(await holdBatch(house, { hold, actor, batch, label: `batch ${index + 2} of ${batches.length}` }));
  }
  const now = house.clock.now();
  await inTransaction(house.database, async (trx) => {
    const begun = await trx
      .insertInto("restores")
      .values({
        hold_id: hold.id,
        actor: JSON.stringify(actor),
        reason,
        batches: JSON.stringify(held),
        next_batch: 1,
        next_at: toIso(now + plan.intervalMs),
        started_at: toIso(now),
        released_at: toIso(now),
        state: "running",
        problem: null,
      })
      .onConflict((conflict) => conflict.column("hold_id").doNothing())
      .returning("hold_id")
      .executeTakeFirst();
    if (begun === undefined) return;
    const detail = { reason, batches: held.length };
    await recordAudit(trx, { at: now, actor, action: "restore.begin", target: hold.id, detail });
  });
  return true;
}

/** Every pack that is known here, then the running agents of no pack. */
async function placesToRestore(house: House): Promise<Place[]> {
  const running = listSupervisors({ home: house.config.home });
  const seen = (await listPacks(house)).map((one) => one.pack);
  const packs = new Set([...seen, ...running.flatMap((one) => one.pack ?? [])]);
  const loners = new Set(running.filter((one) => one.pack === null).map((one) => one.agentId));
  return [
    ...[...packs].toSorted().map((target): Place => ({ scope: "pack", target, holdId: null })),
    ...[...loners].toSorted().map((target): Place => ({ scope: "agent", target, holdId: null })),
  ].slice(0, PLACES_MAX);
}

function inBatches(places: readonly Place[], size: number): RestoreBatch[] {
  const batches: RestoreBatch[] = [];
  for (let at = 0; at < places.length; at += size) batches.push(places.slice(at, at + size));
  return batches;
}

interface Waiting {
  readonly hold: Hold;
  readonly actor: Actor;
  readonly batch: RestoreBatch;
  readonly label: string;
}

async function holdBatch({ killswitch }: House, { hold, actor, batch, label }: Waiting): Promise<RestoreBatch> {
  const held: RestoreBatch = [];
  for (const { scope, target } of batch) {
    const set = await killswitch.add({
      id: derivedId("hold", `${hold.id}/restore/${scope}/${target}`),
      scope,
      target,
      level: hold.level,
      reason: `comes back as ${label} after the stop of everything: ${hold.reason}`,
      actor,
      incidentId: hold.incidentId,
    });
    held.push({ scope, target, holdId: set.id });
  }
  return held;
}

const SHOWN_MAX = 10;

/** @returns the newest first */
export async function listRestores({ database }: Pick<House, "database">): Promise<RestoreView[]> {
  const rows = await database.kysely
    .selectFrom("restores")
    .selectAll()
    .orderBy("started_at", "desc")
    .limit(SHOWN_MAX)
    .execute();
  return rows.map((row) => ({
    holdId: row.hold_id,
    state: row.state,
    batches: row.batches,
    released: row.next_batch,
    nextAt: row.state === "running" ? row.next_at.toISOString() : null,
    startedAt: row.started_at.toISOString(),
    problem: row.problem,
  }));
}
