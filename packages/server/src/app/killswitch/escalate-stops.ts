import type { Actor, Hold, StopReceipt } from "@firebreak/protocol";
import { holdCovers } from "@firebreak/protocol";
import type { Kysely, Selectable, Updateable } from "kysely";
import { askToEnd, enforceDirect, listSupervisors } from "../../containment/index.ts";
import type { SupervisorStatus } from "../../containment/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { RunningTasks } from "../../killswitch/index.ts";
import { anyRow, inTransaction } from "../../storage/index.ts";
import type { DueCondition, EscalationsTable, Schema } from "../../storage/index.ts";
import { DAEMON } from "../house.ts";
import type { House } from "../house.ts";
import { derivedId } from "./derived-id.ts";
import { recordStop } from "./record-stop.ts";

type EscalationRow = Selectable<EscalationsTable>;

const ENFORCE_DEADLINE_MS = 5_000;

/**
 * Lets what runs under a deny end its step: asks it to end after the grace, kills what is left after the force time. A
 * person's release of the deny ends it.
 */
export async function planEscalation(
  house: House,
  actor: Actor,
  { stopId, hold, requestedAt }: StopReceipt,
  tasks: RunningTasks,
): Promise<NonNullable<StopReceipt["escalation"]>> {
  const startMs = Date.parse(requestedAt);
  const escalation = { askAt: toIso(startMs + tasks.graceMs), forceAt: toIso(startMs + tasks.forceAfterMs) };
  await inTransaction(house.database, async (trx) => {
    const planned = await trx
      .insertInto("escalations")
      .values({
        stop_id: stopId,
        hold_id: hold.id,
        home: house.receiptKey.keyId,
        actor: JSON.stringify(actor),
        ask_at: escalation.askAt,
        force_at: escalation.forceAt,
        outcome: null,
      })
      .onConflict((conflict) => conflict.column("stop_id").doNothing())
      .returning("stop_id")
      .executeTakeFirst();
    if (planned === undefined) return;
    const act = { action: "escalation.plan", target: stopId, detail: escalation };
    await recordAudit(trx, { at: house.clock.now(), actor, ...act });
  });
  return escalation;
}

const underWay = (kysely: Kysely<Schema>, home: string) =>
  kysely.selectFrom("escalations").where("home", "=", home).where("ended_at", "is", null);

/** @returns whether {@link escalateStops} would look at a stop of this home */
export const isStopUnderWay =
  (home: string): DueCondition =>
  (kysely) =>
    anyRow(underWay(kysely, home));

/** Takes the stops under way one step further, as far as they are due. */
export async function escalateStops(house: House): Promise<void> {
  const rows = await underWay(house.database.kysely, house.receiptKey.keyId).selectAll().limit(100).execute();
  for (const row of rows) await escalate(house, row);
}

async function escalate(house: House, row: EscalationRow): Promise<void> {
  const now = house.clock.now();
  const hold = house.killswitch.current().holds.find((candidate) => candidate.id === row.hold_id);
  if (hold === undefined) return end(house, row, "it was resumed before it came to that");
  const covered = sessionsUnder(house, hold);
  if (covered.length === 0) return end(house, row, "everything ended by itself");
  if (now >= row.force_at.getTime()) return force(house, row, hold, covered);
  if (row.asked_at !== null || now < row.ask_at.getTime()) return;
  askToEnd({ home: house.config.home, hold });
  await change(
    house,
    row,
    { asked_at: toIso(now) },
    { action: "escalation.ask", detail: { sessions: covered.length } },
  );
}

function sessionsUnder({ config }: House, hold: Hold): SupervisorStatus[] {
  return listSupervisors({ home: config.home }).filter(
    ({ agentId, pack, sessionId, tree }) =>
      tree !== "gone" && holdCovers(hold, { agent: agentId, pack: pack ?? undefined, session: sessionId }),
  );
}

/** The deny stays in force and keeps everything from starting again, so the kill needs no hold of its own. */
async function force(
  house: House,
  row: EscalationRow,
  hold: Hold,
  covered: readonly SupervisorStatus[],
): Promise<void> {
  const { clock, config } = house;
  const requestedAt = toIso(clock.now());
  const results = await enforceDirect({
    home: config.home,
    clock,
    level: "kill",
    entries: covered,
    deadlineMs: ENFORCE_DEADLINE_MS,
  });
  const verified = results.every((result) => result.state === "verified_stopped");
  const receipt: StopReceipt = {
    stopId: derivedId("stop", `${row.stop_id}/force/${requestedAt}`),
    hold,
    requestedAt,
    completedAt: toIso(clock.now()),
    verified,
    serverReachable: true,
    results,
  };
  await recordStop(house, row.actor, receipt);
  // what could not be killed is tried again at the next pass
  if (verified) await end(house, row, `${results.length} session(s) were killed`);
}

async function end(house: House, row: EscalationRow, outcome: string): Promise<void> {
  const endedAt = toIso(house.clock.now());
  await change(house, row, { ended_at: endedAt, outcome }, { action: "escalation.end", detail: { outcome } });
}

async function change(
  { database, clock }: House,
  { stop_id: target }: EscalationRow,
  to: Updateable<EscalationsTable>,
  act: { readonly action: string; readonly detail: Readonly<Record<string, unknown>> },
): Promise<void> {
  await inTransaction(database, async (trx) => {
    await trx.updateTable("escalations").set(to).where("stop_id", "=", target).execute();
    await recordAudit(trx, { at: clock.now(), actor: DAEMON, target, ...act });
  });
}
