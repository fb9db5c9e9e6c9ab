import type { Kysely } from "kysely";
import { effectiveLevel, holdCovers } from "@firebreak/protocol";
import type { Hold } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { liftHold, listSupervisors } from "../../containment/index.ts";
import { toIso } from "../../kernel/index.ts";
import { anyRow, inTransaction, notifyLive } from "../../storage/index.ts";
import { DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import type { RestoreRow } from "./gradual-restore.ts";
import { mirrorHolds } from "./mirror-holds.ts";
import type { DueCondition, Schema } from "../../storage/index.ts";

const running = (kysely: Kysely<Schema>) => kysely.selectFrom("restores").where("state", "=", "running");

/** Whether {@link continueRestores} would look at one. */
export const isRestoreRunning: DueCondition = (kysely) => anyRow(running(kysely));

/** Lets the next batches come back whose time has come, as long as no stop came and those before are well. */
export async function continueRestores(house: House): Promise<void> {
  const rows = await running(house.database.kysely).selectAll().limit(10).execute();
  for (const row of rows) await continueOne(house, row);
}

async function continueOne(house: House, row: RestoreRow): Promise<void> {
  const stop = stopSince(house, row);
  if (stop !== undefined) return halt(house, row, `a stop came meanwhile: ${stop.reason} (${stop.id})`);
  const now = house.clock.now();
  if (now < row.next_at.getTime()) return;
  const unwell = await findUnwell(house, row);
  if (unwell !== null) {
    const limitMs = house.killswitchPolicy.healthCheckMs ?? 0;
    return now < row.next_at.getTime() + limitMs ? undefined : halt(house, row, unwell);
  }
  await releaseNext(house, row, now);
}

const holdsOf = (row: RestoreRow) => row.batches.flatMap((batch) => batch.flatMap((place) => place.holdId ?? []));

/** Whatever is stopped now: who stopped it would not want more to come back. */
function stopSince({ killswitch }: House, row: RestoreRow): Hold | undefined {
  const own = new Set(holdsOf(row));
  return killswitch
    .current()
    .holds.find(
      (hold) => !own.has(hold.id) && hold.scope !== "tool" && Date.parse(hold.at) >= row.started_at.getTime(),
    );
}

/** @returns what is not well in the batch that came back last, or null */
async function findUnwell(house: House, row: RestoreRow): Promise<string | null> {
  if (house.killswitchPolicy.healthCheckMs === null) return null;
  const last = row.batches[row.next_batch - 1] ?? [];
  const { holds } = house.killswitch.current();
  const frozen = listSupervisors({ home: house.config.home }).find(({ agentId, pack, sessionId, tree }) => {
    const subject = { agent: agentId, pack: pack ?? undefined, session: sessionId };
    const isBack = last.some((place) => holdCovers({ ...place, level: "deny" }, subject));
    return tree === "frozen" && isBack && effectiveLevel(holds, subject) === null;
  });
  if (frozen !== undefined) return `${frozen.agentId} did not come back: it is still frozen`;
  const named = (scope: string) => last.filter((place) => place.scope === scope).map((place) => place.target);
  const alert = await house.database.kysely
    .selectFrom("alerts")
    .select(["title"])
    .where("status", "=", "open")
    .where("severity", "<=", 2)
    .where("created_at", ">", row.released_at)
    .where((where) =>
      where.or([where("pack", "in", ["", ...named("pack")]), where("agent_id", "in", ["", ...named("agent")])]),
    )
    .executeTakeFirst();
  return alert === undefined ? null : `an alert came of what had come back: ${alert.title}`;
}

async function releaseNext(house: House, row: RestoreRow, now: number): Promise<void> {
  const { killswitch, config, clock } = house;
  const batch = row.batches[row.next_batch] ?? [];
  const waiting = killswitch.current().holds.filter((hold) => batch.some((place) => place.holdId === hold.id));
  const reason = `batch ${row.next_batch + 1} of ${row.batches.length}: ${row.reason}`;
  for (const hold of waiting) await killswitch.release(hold.id, { actor: row.actor, reason });
  const { holds } = killswitch.current();
  for (const hold of waiting) await liftHold({ home: config.home, hold, holds, clock });
  const next = row.next_batch + 1;
  const plan = house.killswitchPolicy.gradualRestore;
  await change(house, row, "killswitch.restore", {
    next_batch: next,
    next_at: toIso(now + (plan?.intervalMs ?? 0)),
    released_at: toIso(now),
    state: next >= row.batches.length ? "done" : "running",
    problem: null,
  });
  await mirrorHolds(house);
}

function halt(house: House, row: RestoreRow, problem: string): Promise<void> {
  const { next_batch, next_at, released_at } = row;
  const halted = { next_batch, next_at: next_at.toISOString(), released_at: released_at.toISOString() };
  return change(house, row, "killswitch.restore_halt", { ...halted, state: "halted", problem });
}

interface Change {
  readonly next_batch: number;
  readonly next_at: string;
  readonly released_at: string;
  readonly state: RestoreRow["state"];
  readonly problem: string | null;
}

/** Only the pass that read this state may go on from it. */
async function change(house: House, row: RestoreRow, action: string, to: Change): Promise<void> {
  await inTransaction(house.database, async (trx) => {
    const changed = await trx
      .updateTable("restores")
      .set(to)
      .where("hold_id", "=", row.hold_id)
      .where("next_batch", "=", row.next_batch)
      .where("state", "=", "running")
      .returning("hold_id")
      .executeTakeFirst();
    if (changed === undefined) return;
    const detail = { batch: row.next_batch, state: to.state, problem: to.problem, orderedBy: row.actor.name };
    await recordAudit(trx, { at: house.clock.now(), actor: DAEMON, action, target: row.hold_id, detail });
    await notifyLive(trx, "hold", row.hold_id);
  });
}
