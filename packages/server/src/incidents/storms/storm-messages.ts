import { sql } from "kysely";
import { inTransaction } from "../../storage/index.ts";
import type { IncidentContext, Trx } from "../types.ts";

/** @returns what the team is told of the storm once: that it has this size, or that it is over; null when it is no storm */
export async function stormStepOf(
  { database }: Pick<IncidentContext, "database">,
  incidentId: string,
): Promise<string | null> {
  const storm = await database.kysely
    .selectFrom("storms")
    .select(["told_size", "ended_at"])
    .where("incident_id", "=", incidentId)
    .executeTakeFirst();
  if (storm === undefined) return null;
  return storm.ended_at === null ? `storm-of-${storm.told_size}` : `storm-ended-${storm.ended_at.toISOString()}`;
}

/**
 * In a storm automation may have a question for each agent. All of them wait for an answer; a message goes out for the
 * first, and when there are twice as many as at the last message; a reminder for the oldest that waits.
 *
 * @returns whether a question of the incident is to be told now
 */
export async function takeQuestionOfStorm(
  { database }: Pick<IncidentContext, "database">,
  { id, incidentId, again }: { readonly id: string; readonly incidentId: string; readonly again: boolean },
): Promise<boolean> {
  return inTransaction(database, async (trx) => {
    const storm = await trx
      .selectFrom("storms")
      .select("questions_told")
      .where("incident_id", "=", incidentId)
      .forUpdate()
      .executeTakeFirst();
    if (storm === undefined) return true;
    if (again) return isOldestPending(trx, incidentId, id);
    const asked = await trx
      .selectFrom("approvals")
      .select((approvals) => approvals.fn.countAll<string>().as("count"))
      .where("incident_id", "=", incidentId)
      .executeTakeFirstOrThrow();
    const count = Number(asked.count);
    if (count < 2 * storm.questions_told) return false;
    await trx
      .updateTable("storms")
      .set({ questions_told: sql`greatest(${count}, 1)` })
      .where("incident_id", "=", incidentId)
      .execute();
    return true;
  });
}

async function isOldestPending(trx: Trx, incidentId: string, id: string): Promise<boolean> {
  const oldest = await trx
    .selectFrom("approvals")
    .select("id")
    .where("incident_id", "=", incidentId)
    .where("state", "=", "pending")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  return oldest?.id === id;
}
