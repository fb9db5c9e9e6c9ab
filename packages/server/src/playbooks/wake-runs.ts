import { sql } from "kysely";
import { emitDomainEvent, inTransaction, instant } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import type { DueCondition, Instant } from "../storage/index.ts";

const WAKES_MAX = 500;

const isTime = (now: Instant) => sql`wake_at <= ${now}`;

/** Whether {@link wakeRuns} would ask for one. */
export const isRunDue: DueCondition = (_kysely, now) =>
  sql<boolean>`exists (select from playbook_runs where ${isTime(now)})`;

/**
 * Asks for the runs whose time has come: a wait is over, a condition is to be looked at, a time box runs out. For a
 * daemon, every second; several nodes may do it at once.
 *
 * @returns how many runs were asked for
 */
export async function wakeRuns({ database, clock }: Pick<PlaybookVerbs, "database" | "clock">): Promise<number> {
  return inTransaction(database, async (trx) => {
    const { rows } = await sql<{ id: string }>`
      update playbook_runs set wake_at = null
      where id in (
        select id from playbook_runs
        where ${isTime(instant(clock.now()))}
        order by wake_at limit ${WAKES_MAX} for update skip locked)
      returning id`.execute(trx);
    for (const { id } of rows) await emitDomainEvent(trx, { type: "run.requested", runId: id });
    return rows.length;
  });
}
