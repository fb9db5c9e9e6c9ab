import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Database } from "../../storage/index.ts";
import { readProofs } from "../records/proofs.ts";
import type { DrilledPlaybook } from "./find-due.ts";

export interface ScheduleContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
}

/** A drill that was begun so long ago has ended, one way or the other. */
const CLAIM_MS = 3_600_000;

/** Puts playbooks on the schedule that are not on it. @returns what is known of each, for deciding */
export async function readSchedule(ctx: ScheduleContext, ids: readonly string[]): Promise<DrilledPlaybook[]> {
  const known = await readScheduled(ctx.database, ids);
  const missing = ids.filter((id) => !known.some((playbook) => playbook.id === id));
  if (missing.length === 0) return known;
  for (const id of missing) await begin(ctx, id);
  return readScheduled(ctx.database, ids);
}

/** @returns what is known of those that are on the schedule, for deciding */
export async function readScheduled(
  database: ScheduleContext["database"],
  ids: readonly string[],
): Promise<DrilledPlaybook[]> {
  if (ids.length === 0) return [];
  const [rows, proofs] = await Promise.all([
    database.kysely.selectFrom("drill_schedule").selectAll().where("playbook_id", "in", ids).execute(),
    readProofs(database, new Map(ids.map((id) => [id, ""]))),
  ]);
  return rows.map(({ playbook_id: id, since }) => {
    const { lastDrill = null, lastProven = null } = proofs.get(id) ?? {};
    return {
      id,
      sinceMs: since.getTime(),
      lastDrill: lastDrill === null ? null : { atMs: Date.parse(lastDrill.at), result: lastDrill.result },
      lastProvenMs: lastProven === null ? null : Date.parse(lastProven.at),
    };
  });
}

async function begin(ctx: ScheduleContext, playbookId: string): Promise<void> {
  const at = ctx.clock.now();
  await inTransaction(ctx.database, async (trx) => {
    const row = await trx
      .insertInto("drill_schedule")
      .values({ playbook_id: playbookId, since: toIso(at), claimed_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return;
    await recordAudit(trx, { at, actor: ctx.actor, action: "drill.schedule", target: playbookId, detail: {} });
  });
}

/** @returns false when another node drills something already: one at a time */
export async function claimDrill(ctx: ScheduleContext, playbookId: string): Promise<boolean> {
  const at = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const rows = await trx.selectFrom("drill_schedule").selectAll().orderBy("playbook_id").forUpdate().execute();
    const isBusy = rows.some((row) => row.claimed_at !== null && at - row.claimed_at.getTime() < CLAIM_MS);
    if (isBusy || !rows.some((row) => row.playbook_id === playbookId)) return false;
    await trx
      .updateTable("drill_schedule")
      .set({ claimed_at: toIso(at) })
      .where("playbook_id", "=", playbookId)
      .execute();
    await recordAudit(trx, { at, actor: ctx.actor, action: "drill.start", target: playbookId, detail: {} });
    return true;
  });
}

/** The drill is over; the next may begin. */
export async function endClaim(ctx: ScheduleContext, playbookId: string, detail: { readonly exitCode: number | null }) {
  const at = ctx.clock.now();
  await inTransaction(ctx.database, async (trx) => {
    await trx.updateTable("drill_schedule").set({ claimed_at: null }).where("playbook_id", "=", playbookId).execute();
    await recordAudit(trx, { at, actor: ctx.actor, action: "drill.end", target: playbookId, detail });
  });
}
