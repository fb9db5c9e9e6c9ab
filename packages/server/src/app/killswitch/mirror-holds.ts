import type { Actor, Hold } from "@firebreak/protocol";
import { personOf } from "../../approvals/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { addTimelineEntry } from "../../incidents/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { HoldsTable, Trx } from "../../storage/index.ts";
import type { Selectable } from "kysely";
import type { House } from "../house.ts";
import { raiseOwnAlert } from "../own-alerts.ts";
import { guardOf, hasSecondPerson, RESUME_KIND } from "./resume-needs.ts";

type MirrorHouse = Pick<House, "database" | "killswitch" | "killswitchPolicy" | "clock" | "newId">;
type HoldRow = Selectable<HoldsTable>;

/** How a hold ended, as far as anybody knows. */
interface End {
  readonly at: string;
  readonly how: "released" | "expired" | "forgotten";
  readonly by: Actor;
  readonly reason: string;
}

const FIREBREAK: Actor = { kind: "daemon", id: "firebreak", name: "firebreak" };

/**
 * Brings the database's mirror in step with the journal, which is the truth: new holds appear, ended ones are marked. Each
 * change is in the audit log and on the incident's timeline once, also when it was made while no server ran.
 */
export async function mirrorHolds(house: MirrorHouse): Promise<void> {
  const { killswitch } = house;
  const { holds, health } = killswitch.current();
  if (health.state === "damaged") return;
  const active = new Set(holds.map((hold) => hold.id));
  const ended = killswitch.history().map((entry) => entry.hold);
  const alone: HoldRow[] = [];
  await inTransaction(house.database, async (trx) => {
    await insertMissing(trx, [...holds, ...ended]);
    const open = await trx.selectFrom("holds").selectAll().where("released_at", "is", null).forUpdate().execute();
    alone.length = 0;
    for (const row of open) {
      if (active.has(row.id)) continue;
      const end = endOf(house, row.id);
      const tookTwo = await needsSecondPerson(trx, house, row, end);
      if (tookTwo) alone.push(row);
      await endHold(trx, house, row, end, tookTwo);
    }
  });
  for (const row of alone) await alertOfLoneRelease(house, row);
}

async function insertMissing(trx: Trx, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const ids = holds.map((hold) => hold.id);
  const mirrored = await trx.selectFrom("holds").select("id").where("id", "in", ids).execute();
  const known = new Set(mirrored.map((row) => row.id));
  for (const hold of holds) if (!known.has(hold.id)) await insertHold(trx, hold);
}

async function insertHold(trx: Trx, hold: Hold): Promise<void> {
  const { id, scope, target, level, reason, actor, expiresAt } = hold;
  const row = await trx
    .insertInto("holds")
    .values({
      id,
      epoch: String(hold.epoch),
      scope,
      target,
      level,
      reason,
      actor: JSON.stringify(actor),
      incident_id: hold.incidentId,
      at: hold.at,
      expires_at: expiresAt,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (row === undefined) return;
  const detail = { scope, target, level, reason, expiresAt };
  await recordAudit(trx, { at: Date.parse(hold.at), actor, action: "killswitch.hold", target: id, detail });
  await notifyLive(trx, "hold", id);
}

/** The journal forgets ended holds after a while; then a hold ended longer ago than that while no server looked. */
function endOf({ killswitch, clock }: MirrorHouse, id: string): End {
  const entry = killswitch.history().find((candidate) => candidate.hold.id === id);
  if (entry === undefined) {
    const reason = "ended while no server looked; the journal no longer knows why";
    return { at: toIso(clock.now()), how: "forgotten", by: FIREBREAK, reason };
  }
  return { at: entry.closedAt, how: entry.how, by: entry.by ?? FIREBREAK, reason: entry.reason ?? entry.how };
}

async function endHold(trx: Trx, house: MirrorHouse, row: HoldRow, end: End, isAlone: boolean): Promise<void> {
  await trx
    .updateTable("holds")
    .set({ released_at: end.at, released_by: JSON.stringify(end.by), release_reason: end.reason })
    .where("id", "=", row.id)
    .execute();
  await recordAudit(trx, {
    at: Date.parse(end.at),
    actor: end.by,
    action: "killswitch.release",
    target: row.id,
    detail: { how: end.how, reason: end.reason, withoutSecondPerson: isAlone },
  });
  await tellIncident(trx, house, row, end, isAlone);
  await notifyLive(trx, "hold", row.id);
}

const whatOf = (row: Pick<HoldRow, "scope" | "target">) =>
  row.target === null ? "everything" : `${row.scope} ${row.target}`;

async function tellIncident(trx: Trx, house: MirrorHouse, row: HoldRow, end: End, isAlone: boolean): Promise<void> {
  if (row.incident_id === null) return;
  const incident = await trx.selectFrom("incidents").select("id").where("id", "=", row.incident_id).executeTakeFirst();
  if (incident === undefined) return;
  const warning = isAlone ? " Released on the machine, without the second person that it takes." : "";
  await addTimelineEntry(
    trx,
    { actor: end.by, clock: house.clock },
    {
      incidentId: incident.id,
      key: `resume:${row.id}`,
      at: Date.parse(end.at),
      kind: "resume",
      source: "killswitch",
      text: `Hold (${row.level}) on ${whatOf(row)} ${end.how}: ${end.reason}.${warning}`,
      data: { holdId: row.id },
    },
  );
  await notifyLive(trx, "incident", incident.id);
}

/** The owner of the machine can always release, by its command line alone; what took two persons must not pass unseen. */
async function needsSecondPerson(trx: Trx, house: MirrorHouse, row: HoldRow, end: End): Promise<boolean> {
  if (end.how !== "released") return false;
  const { scope, target, incident_id: incidentId } = row;
  const why = await guardOf({ killswitchPolicy: house.killswitchPolicy, database: { kysely: trx } }, [
    { scope, target, incidentId },
  ]);
  if (why === null) return false;
  const agreed = await trx
    .selectFrom("approvals")
    .select("id")
    .where("kind", "=", RESUME_KIND)
    .where("state", "=", "used")
    .where("arguments", "like", `%"${row.id}"%`)
    .executeTakeFirst();
  return agreed === undefined && (await hasSecondPerson(house, personOf(end.by)));
}

async function alertOfLoneRelease(house: MirrorHouse, row: HoldRow): Promise<void> {
  await raiseOwnAlert(house, {
    key: `released-alone/${row.id}`,
    title: "A stop that takes two persons was released by one",
    text: `The ${row.level} of ${whatOf(row)} (${row.id}) was released on the machine itself, without a second person. Look who did it and why; stop it again if it is not safe.`,
    severity: 2,
  });
}
