import type { KillswitchView, StopView } from "@firebreak/protocol";
import type { House } from "../house.ts";

const HISTORY_MAX = 200;

/** @returns the newest stops first, of one incident */
export async function listStops(
  house: Pick<House, "database">,
  filter: { readonly incidentId: string },
): Promise<StopView[]> {
  const rows = await house.database.kysely
    .selectFrom("stops")
    .leftJoin("receipts", "receipts.id", "stops.id")
    .selectAll("stops")
    .select("receipts.contradicted_at")
    .where("stops.incident_id", "=", filter.incidentId)
    .orderBy("stops.requested_at", "desc")
    .orderBy("stops.id", "desc")
    .limit(HISTORY_MAX)
    .execute();
  return rows.map((row) => ({
    stopId: row.id,
    hold: row.hold,
    requestedAt: row.requested_at.toISOString(),
    completedAt: (row.completed_at ?? row.requested_at).toISOString(),
    verified: row.verified,
    serverReachable: true,
    results: row.results,
    contradictedAt: row.contradicted_at?.toISOString() ?? null,
  }));
}

/** @returns holds of the past and present, newest first */
export async function listHoldHistory(house: Pick<House, "database">): Promise<KillswitchView["history"]> {
  const rows = await house.database.kysely
    .selectFrom("holds")
    .selectAll()
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(HISTORY_MAX)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    epoch: Number(row.epoch),
    scope: row.scope,
    target: row.target,
    level: row.level,
    reason: row.reason,
    actor: row.actor,
    incidentId: row.incident_id,
    at: row.at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    releasedAt: row.released_at?.toISOString() ?? null,
    releasedBy: row.released_by,
    releaseReason: row.release_reason,
  }));
}
