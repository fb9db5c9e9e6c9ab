import { hostname } from "node:os";
import type { ActionView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { ActionsTable } from "../storage/index.ts";
import type { ActionContext } from "./context.ts";

export type ActionRow = Selectable<ActionsTable>;

/** @returns whether this process may act for the action: it lies on this machine and belongs to this home */
export function isOurs({ home }: Pick<ActionContext, "home">, row: Pick<ActionRow, "host" | "home">): boolean {
  return row.host === hostname() && row.home === home;
}

/** @throws FirebreakError not_found */
export async function readAction({ database }: Pick<ActionContext, "database">, id: string): Promise<ActionRow> {
  const row = await database.kysely.selectFrom("actions").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined)
    throw new FirebreakError("not_found", `There is no action ${id}. List the actions to find its id.`);
  return row;
}

const iso = (time: Date | null) => time?.toISOString() ?? null;

export function toActionView(row: ActionRow): ActionView {
  return {
    id: row.id,
    effector: row.effector,
    parameters: row.parameters,
    state: row.state,
    changes: row.changes,
    blastRadius: row.blast_radius,
    message: row.message,
    failure: row.failure,
    output: row.output,
    reason: row.reason,
    incidentId: row.incident_id,
    requestedBy: row.requested_by,
    host: row.host,
    requestedAt: row.requested_at.toISOString(),
    appliedAt: iso(row.applied_at),
    verifiedAt: iso(row.verified_at),
    expiresAt: iso(row.expires_at),
    endedAt: iso(row.ended_at),
    endedBy: row.ended_by,
    endReason: row.end_reason,
    nextTryAt: iso(row.next_try_at),
  };
}
