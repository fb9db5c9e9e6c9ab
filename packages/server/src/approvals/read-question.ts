import type { Question } from "../notify/index.ts";
import type { ApprovalContext } from "./types.ts";

/** @returns what a message says of a question that waits for an answer; null when it waits no more */
export async function readQuestion(
  { database, clock }: Pick<ApprovalContext, "database" | "clock">,
  id: string,
): Promise<Question | null> {
  const row = await database.kysely
    .selectFrom("approvals")
    .leftJoin("incidents", "incidents.id", "approvals.incident_id")
    .selectAll("approvals")
    .select("incidents.severity")
    .where("approvals.id", "=", id)
    .executeTakeFirst();
  if (row?.state !== "pending" || row.expires_at.getTime() <= clock.now()) return null;
  const { title, reason, preview, incident_id: incidentId, severity } = row;
  const expiresAt = row.expires_at.toISOString();
  const again = row.reminded_at !== null;
  return { id, title, reason, askedBy: row.requested_by.name, preview, incidentId, severity, expiresAt, again };
}
