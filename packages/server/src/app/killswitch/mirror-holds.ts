import type { Actor, Hold } from "@firebreak/protocol";
import { personOf } from "../../approvals/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { liftHold } from "../../containment/index.ts";
import { addTimelineEntry } from "../../incidents/index.ts";
import { toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { HoldsTable, Trx } from "../../storage/index.ts";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { House } from "../house.ts";
import { raiseOwnAlert } from "../own-alerts.ts";
import { guardOf, hasSecondPerson, RESUME_KIND } from "./resume-needs.ts";

type MirrorHouse = Pick<
  House,
  "config" | "database" | "killswitch" | "killswitchPolicy" | "receiptKey" | "clock" | "newId" | "logger"
>;
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
 * Brings the database's mirror in step with this home's journal, which is the truth of what this home enforces: new holds
 * appear, ended ones are marked. Each change is in the audit log and on the incident's timeline once, also when it was made
 * while no server ran. What other homes on the same database hold is held here too, until a person releases it anywhere.
 */
export async function mirrorHolds(house: MirrorHouse): Promise<void> {
  const { holds, health } = house.killswitch.current();
  if (health.state === "damaged") return;
  const ended = house.killswitch.history().map((entry) => entry.hold);
  const found = await inTransaction(house.database, async (trx) => {
    await insertMissing(trx, house, [...holds, ...ended]);
    return compare(trx, house);
  });
  for (const row of found.foreign) await adoptHold(house, row);
  for (const row of found.released) await followRelease(house, row);
  for (const row of found.alone) await alertOfLoneRelease(house, row);
}

interface Compared {
  /** in force in another home, and unknown to this one */
  readonly foreign: readonly HoldRow[];
  /** in force here, and released through another home */
  readonly released: readonly HoldRow[];
  /** released here by one person, although it took two */
  readonly alone: readonly HoldRow[];
}

async function compare(trx: Trx, house: MirrorHouse): Promise<Compared> {
  const open = await trx.selectFrom("holds").selectAll().where("released_at", "is", null).forUpdate().execute();
  // after the rows: a row that another pass wrote meanwhile is in the journal that is read now
  const active = new Set(house.killswitch.current().holds.map(({ id }) => id));
  const known = new Set(house.killswitch.history().map(({ hold }) => hold.id));
  const foreign: HoldRow[] = [];
  const alone: HoldRow[] = [];
  for (const row of open) {
    const isForeign = row.home !== null && row.home !== house.receiptKey.keyId;
    if (active.has(row.id)) continue;
    if (isForeign && !known.has(row.id)) {
      foreign.push(row);
      continue;
    }
    const end = endOf(house, row.id);
    const tookTwo = await needsSecondPerson(trx, house, row, end);
    if (tookTwo) alone.push(row);
    await endHold(trx, house, row, end, tookTwo);
  }
  if (active.size === 0) return { foreign, released: [], alone };
  const released = await trx
    .selectFrom("holds")
    .selectAll()
    .where("id", "in", [...active])
    .where("released_at", "is not", null)
    .execute();
  return { foreign, released, alone };
}

/** Holds here what another home holds: its agents may be anywhere. */
async function adoptHold({ killswitch, logger }: MirrorHouse, row: HoldRow): Promise<void> {
  const { id, scope, target, level, reason, actor, incident_id: incidentId, expires_at: expires } = row;
  const expiresAt = expires === null ? null : toIso(expires.getTime());
  await killswitch.add({ id, scope, target, level, reason, actor, incidentId, expiresAt });
  logger.info("a stop that was set in another home holds here too", { hold: id, scope, target: target ?? "" });
}

/** Only a person's release is followed: what was forgotten or ran out elsewhere ends here by this home's own journal. */
async function followRelease(house: MirrorHouse, row: HoldRow): Promise<void> {
  const { killswitch, clock, config } = house;
  const by = row.released_by;
  const hold = killswitch.current().holds.find(({ id }) => id === row.id);
  if (hold === undefined || (by?.kind !== "person" && by?.kind !== "cli")) return;
  await killswitch.release(row.id, { actor: by, reason: row.release_reason ?? "released in another home" });
  await liftHold({ home: config.home, hold, holds: killswitch.current().holds, clock });
}

async function insertMissing(trx: Trx, house: MirrorHouse, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const ids = holds.map((hold) => hold.id);
  const mirrored = await trx.selectFrom("holds").select("id").where("id", "in", ids).execute();
  const known = new Set(mirrored.map((row) => row.id));
  for (const hold of holds) if (!known.has(hold.id)) await insertHold(trx, house, hold);
}

async function insertHold(trx: Trx, { receiptKey }: MirrorHouse, hold: Hold): Promise<void> {
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
      home: receiptKey.keyId,
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
  const planned = await trx
    .selectFrom("restores")
    .select("hold_id")
    .where(sql<boolean>`batches::text like ${`%"${row.id}"%`}`)
    .executeTakeFirst();
  return agreed === undefined && planned === undefined && (await hasSecondPerson(house, personOf(end.by)));
}

async function alertOfLoneRelease(house: MirrorHouse, row: HoldRow): Promise<void> {
  await raiseOwnAlert(house, {
    key: `released-alone/${row.id}`,
    title: "A stop that takes two persons was released by one",
    text: `The ${row.level} of ${whatOf(row)} (${row.id}) was released on the machine itself, without a second person. Look who did it and why; stop it again if it is not safe.`,
    severity: 2,
  });
}
