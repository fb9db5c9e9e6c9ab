import { approvalState } from "@firebreak/protocol";
import { z } from "zod";
import { automaticPlaybook, getAlert } from "../alerts/index.ts";
import { admitAlert, noteAlertChange } from "../incidents/index.ts";
import { draftReview } from "../learning/index.ts";
import { deliver, requestNotifications } from "../notify/index.ts";
import { deriveRunId, executeRun, requestRun } from "../playbooks/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { DomainEventType, Trx } from "../storage/index.ts";
import { contextFor, DAEMON } from "./house.ts";
import { carryOutResume } from "./killswitch/resume-hold.ts";
import type { House } from "./house.ts";

type Handler = (payload: unknown, signal: AbortSignal) => Promise<void>;

const approvalChanged = z.object({ approvalId: z.string(), state: approvalState });
const alertChanged = z.object({ alertId: z.string(), change: z.enum(["acknowledged", "resolved", "stale"]) });

const PLAYBOOKS = { kind: "rule", id: "automatic-containment", name: "automatic containment" } as const;

/** What each domain event sets off. Each runs at least once: every one of them is harmless when repeated. */
export function domainHandlers(house: House): Readonly<Record<DomainEventType, Handler>> {
  const daemon = () => contextFor(house, DAEMON);
  const admit: Handler = async (payload, signal) => {
    const { alertId } = z.object({ alertId: z.string() }).parse(payload);
    const { incidentId } = await admitAlert(daemon(), alertId);
    if (incidentId === null) return; // held: it comes again when what holds it ends
    const runId = await requestContainment(house, incidentId, alertId);
    // at once, without waiting for the run's own job; that job is there if this process dies meanwhile
    if (runId !== null) await executeRun(daemon(), runId, signal);
  };
  return {
    "alert.opened": admit,
    "alert.due": admit,
    "alert.changed": async (payload) => {
      const { alertId, change } = alertChanged.parse(payload);
      await noteAlertChange(daemon(), alertId, change);
    },
    "incident.opened": async (payload) => {
      const { incidentId } = z.object({ incidentId: z.string() }).parse(payload);
      await tellOfOpening(house, incidentId);
    },
    "incident.changed": async (payload) => {
      const { incidentId, change } = z.object({ incidentId: z.string(), change: z.string() }).parse(payload);
      if (change === "resolved") await afterResolution(house, incidentId);
      if (change === "severity") await tellOfOpening(house, incidentId);
    },
    "run.requested": async (payload, signal) => {
      const { runId } = z.object({ runId: z.string() }).parse(payload);
      await executeRun(daemon(), runId, signal);
    },
    "run.ended": async () => {},
    "approval.changed": async (payload) => {
      const { approvalId, state } = approvalChanged.parse(payload);
      if (state === "approved") await carryOutResume(house, approvalId);
    },
    "delivery.requested": async (payload) => {
      const { deliveryId } = z.object({ deliveryId: z.string() }).parse(payload);
      await deliver(daemon(), deliveryId);
    },
  };
}

/**
 * Asks for the playbook that the profile binds to the rule. One run per incident and playbook, and one more after each time
 * that a person let the agent run again: what was resumed and misbehaves again is contained again.
 */
async function requestContainment(house: House, incidentId: string, alertId: string): Promise<string | null> {
  const ctx = contextFor(house, PLAYBOOKS);
  const alert = await getAlert(ctx, alertId);
  const playbookId = automaticPlaybook(house.profile, alert);
  if (playbookId === undefined) return null;
  const inputs = { agentId: alert.agentId, sessionId: alert.sessionId };
  return inTransaction(house.database, async (trx) => {
    const generation = await countReleases(trx, incidentId);
    const runId = deriveRunId(`${incidentId}/${generation}`, playbookId);
    await requestRun(trx, ctx, { playbookId, incidentId, inputs, runId });
    return runId;
  });
}

async function countReleases(trx: Trx, incidentId: string): Promise<number> {
  const row = await trx
    .selectFrom("holds")
    .select((select) => select.fn.countAll<string>().as("count"))
    .where("incident_id", "=", incidentId)
    .where("released_at", "is not", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

async function afterResolution(house: House, incidentId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  await inTransaction(house.database, (trx) => requestNotifications(trx, ctx, { incidentId, template: "resolved" }));
  await draftReview(ctx, incidentId, { whenEdited: "keep" });
}

/** Another severity may be routed to other channels; those that were told already are left out. */
async function tellOfOpening(house: House, incidentId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  await inTransaction(house.database, (trx) => requestNotifications(trx, ctx, { incidentId, template: "initial" }));
}
