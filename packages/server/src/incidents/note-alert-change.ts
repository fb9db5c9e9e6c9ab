import { isSettled } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { inTransaction } from "../storage/index.ts";
import type { AlertChange, AlertsTable } from "../storage/index.ts";
import { addTimelineEntry } from "./timeline.ts";
import type { IncidentContext, Trx } from "./types.ts";

type AlertRow = Selectable<AlertsTable>;

/**
 * Says on the incident's timeline what became of one of its alerts, and when none of them is open any more. It never
 * resolves the incident: that is for a person. Safe to call again.
 */
export async function noteAlertChange(
  ctx: Pick<IncidentContext, "database" | "clock" | "actor">,
  alertId: string,
  change: AlertChange,
): Promise<void> {
  await inTransaction(ctx.database, async (trx) => {
    const alert = await trx.selectFrom("alerts").selectAll().where("id", "=", alertId).executeTakeFirst();
    if (alert === undefined || alert.incident_id === null) return;
    const incident = await trx
      .selectFrom("incidents")
      .select(["id", "state"])
      .where("id", "=", alert.incident_id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (isSettled(incident.state)) return;
    const happened = describe(alert, change);
    if (happened === undefined) return;
    await addTimelineEntry(trx, ctx, {
      incidentId: incident.id,
      key: `alert-${change}:${alertId}:${happened.at}`,
      kind: "alert",
      source: "alerts",
      data: { alertId, change, resolution: alert.resolution },
      ...happened,
    });
    if (change === "resolved") await noteIfAllResolved(trx, ctx, { ...incident, alertId });
  });
}

function describe(alert: AlertRow, change: AlertChange): { at: number; text: string } | undefined {
  switch (change) {
    case "acknowledged":
      return alert.acknowledged_at === null
        ? undefined
        : {
            at: alert.acknowledged_at.getTime(),
            text: `${alert.acknowledged_by?.name ?? "Somebody"} has the alert in hand: ${alert.title}`,
          };
    case "resolved":
      return alert.resolved_at === null
        ? undefined
        : { at: alert.resolved_at.getTime(), text: `The alert is resolved${howOf(alert)}: ${alert.title}` };
    case "stale":
      return alert.stale_since === null
        ? undefined
        : {
            at: alert.stale_since.getTime(),
            text: `${alert.source} has not spoken of the alert again in time, it is stale: ${alert.title}`,
          };
    default:
      return change satisfies never;
  }
}

function howOf({ resolution, resolved_by, source }: AlertRow): string {
  switch (resolution) {
    case "sender":
      return `, says ${source}`;
    case "expired":
      return `: ${source} did not extend it`;
    case "person":
      return ` by ${resolved_by?.name ?? "somebody"}`;
    case "incident":
    case "resumed":
    case "unknown":
    case null:
      return "";
    default:
      return resolution satisfies never;
  }
}

async function noteIfAllResolved(
  trx: Trx,
  ctx: Pick<IncidentContext, "clock" | "actor">,
  { id, state, alertId }: { readonly id: string; readonly state: string; readonly alertId: string },
): Promise<void> {
  const open = await trx
    .selectFrom("alerts")
    .select("id")
    .where("incident_id", "=", id)
    .where("status", "=", "open")
    .limit(1)
    .executeTakeFirst();
  if (open !== undefined) return;
  await addTimelineEntry(trx, ctx, {
    incidentId: id,
    key: `alerts-all-resolved:${alertId}`,
    at: ctx.clock.now(),
    kind: "alert",
    source: "alerts",
    text: `No alert of this incident is open any more. It stays ${state} until somebody resolves it.`,
  });
}
