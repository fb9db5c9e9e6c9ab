import { approvalState } from "@firebreak/protocol";
import { z } from "zod";
import { admitAlert, admitAlerts, noteAlertChange, stormStepOf, takeQuestionOfStorm } from "../incidents/index.ts";
import { refreshImpact } from "../investigation/index.ts";
import { draftReview } from "../learning/index.ts";
import { readQuestion } from "../approvals/index.ts";
import { deliver, requestNotifications, requestQuestionNotifications } from "../notify/index.ts";
import { executeRun, followStepApproval } from "../playbooks/index.ts";
import { followAnswer, reactToAlert, reactToAlerts } from "../reactions/index.ts";
import { carryOutApprovedErasure, carryOutRelease } from "../retention/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { DomainEventType } from "../storage/index.ts";
import { contextFor, DAEMON } from "./house.ts";
import { carryOutResume } from "./killswitch/resume-hold.ts";
import type { House } from "./house.ts";

type Handler = (payload: unknown, signal: AbortSignal) => Promise<void>;

const alertChanged = z.object({ alertId: z.string(), change: z.enum(["acknowledged", "resolved", "stale"]) });

const CONTAINMENT = { kind: "rule", id: "automatic-containment", name: "automatic containment" } as const;
const approvalChanged = z.object({ approvalId: z.string(), state: approvalState });

/** What each domain event sets off. Each runs at least once: every one of them is harmless when repeated. */
export function domainHandlers(house: House): Readonly<Record<DomainEventType, Handler>> {
  const daemon = () => contextFor(house, DAEMON);
  const admit: Handler = async (payload, signal) => {
    const { alertId } = z.object({ alertId: z.string() }).parse(payload);
    const { incidentId } = await admitAlert(daemon(), alertId);
    if (incidentId === null) return; // held: it comes again when what holds it ends
    const runs = await reactToAlert(contextFor(house, CONTAINMENT), { alertId, incidentId });
    // at once, without waiting for the run's own job; that job is there if this process dies meanwhile
    for (const runId of runs) await executeRun(daemon(), runId, signal);
  };
  const admitMany: Handler = async (payload) => {
    const { alertIds } = z.object({ alertIds: z.array(z.string()) }).parse(payload);
    const admissions = await admitAlerts(daemon(), alertIds);
    const admitted = [...admissions].flatMap(([alertId, { incidentId }]) =>
      incidentId === null ? [] : [{ alertId, incidentId }],
    );
    // runs are executed by their own jobs: one must not wait for the other
    await reactToAlerts(contextFor(house, CONTAINMENT), admitted);
  };
  return {
    "alert.opened": admit,
    "alerts.opened": admitMany,
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
      if (change === "storm") await tellOfStorm(house, incidentId);
    },
    "run.requested": async (payload, signal) => {
      const { runId } = z.object({ runId: z.string() }).parse(payload);
      await executeRun(daemon(), runId, signal);
    },
    "run.ended": async () => {},
    "approval.changed": async (payload, signal) => {
      const { approvalId, state } = approvalChanged.parse(payload);
      if (state === "pending") await tellOfQuestion(house, approvalId);
      await followStepApproval(daemon(), { approvalId, state });
      if (state === "approved") await carryOutResume(house, approvalId);
      if (state === "approved") await carryOutRelease(daemon(), approvalId);
      if (state === "approved") await carryOutApprovedErasure(daemon(), approvalId);
      const runId = await followAnswer(contextFor(house, CONTAINMENT), { approvalId, state });
      if (runId !== null) await executeRun(daemon(), runId, signal);
    },
    "delivery.requested": async (payload) => {
      const { deliveryId } = z.object({ deliveryId: z.string() }).parse(payload);
      await deliver(daemon(), deliveryId);
    },
  };
}

async function afterResolution(house: House, incidentId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  await inTransaction(house.database, (trx) => requestNotifications(trx, ctx, { incidentId, template: "resolved" }));
  await refreshImpact(ctx, incidentId);
  await draftReview(ctx, incidentId, { whenEdited: "keep" });
}

/** Another severity may be routed to other channels; those that were told already are left out. */
async function tellOfOpening(house: House, incidentId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  await inTransaction(house.database, (trx) => requestNotifications(trx, ctx, { incidentId, template: "initial" }));
}

/** Told at each size once, and of its end; when it grew on meanwhile, of how large it is now. */
async function tellOfStorm(house: House, incidentId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  const key = await stormStepOf(house, incidentId);
  if (key === null) return;
  await inTransaction(house.database, (trx) => requestNotifications(trx, ctx, { incidentId, template: "update", key }));
}

/** Who was told already is not told again, when one of several answered. */
async function tellOfQuestion(house: House, approvalId: string): Promise<void> {
  const ctx = contextFor(house, DAEMON);
  const question = await readQuestion(house, approvalId);
  if (question === null) return;
  // of the questions of a storm, as many as there are agents, one is told when there are twice as many
  const { incidentId, id, again } = question;
  if (incidentId !== null && !(await takeQuestionOfStorm(house, { incidentId, id, again }))) return;
  await inTransaction(house.database, (trx) => requestQuestionNotifications(trx, ctx, question));
}
