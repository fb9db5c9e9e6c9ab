import type { Actor } from "@firebreak/protocol";
import { recordAudit } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock, Profile } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { actsByItself } from "./automatic-containment.ts";
import { triggerOf } from "./trigger-of.ts";
import { lockAlert } from "./lock-alert.ts";
import type { AlertRow } from "./lock-alert.ts";
import { compileRules } from "./pipeline/compile-rules.ts";
import { runPipeline } from "./pipeline/run-pipeline.ts";
import type { Candidate, Decision, Situation } from "./pipeline/types.ts";
import { findInhibitors } from "./find-inhibitors.ts";
import { lockMutes, readMutes } from "./silences/read-mutes.ts";

export interface DecideContext {
  readonly clock: Clock;
  readonly profile: Profile;
}

const PIPELINE: Actor = { kind: "daemon", id: "alerts", name: "Firebreak" };

/** Decisions made anew because what inhibited the alert was resolved meanwhile. */
const ATTEMPTS_MAX = 5;

/**
 * Passes an alert through the pipeline and keeps every stage's reason with it. The caller opens the incident in the
 * same transaction when the decision is for one. Safe to call again: an alert that has its incident keeps its decision.
 *
 * @throws FirebreakError `not_found`
 */
export async function decideAlert(
  trx: Trx,
  ctx: DecideContext,
  alertId: string,
): Promise<{ readonly alert: AlertRow; readonly decision: Decision }> {
  await lockMutes(trx, "to decide");
  const alert = await lockAlert(trx, alertId);
  const candidate = candidateOf(alert, ctx.profile);
  const decision = await decide(trx, ctx, candidate, alert.fingerprint);
  if (alert.incident_id === null) await keepDecision(trx, ctx, alertId, decision);
  return { alert, decision };
}

async function decide(trx: Trx, ctx: DecideContext, candidate: Candidate, fingerprint: string): Promise<Decision> {
  const mutes = await readMutes(trx, ctx.clock.now());
  const lastToldAt = candidate.occurrence === 1 ? null : await readLastTold(trx, fingerprint);
  for (let attempt = 1; ; attempt += 1) {
    const { routes, inhibitions } = compileRules(ctx.profile);
    const inhibitors = await findInhibitors(trx, candidate, inhibitions);
    const situation: Situation = { now: ctx.clock.now(), routes, inhibitions, inhibitors, ...mutes, lastToldAt };
    const decision = runPipeline(candidate, situation);
    const inhibitor = inhibitors.find(({ id }) => id === decision.heldBy)?.id;
    if (inhibitor === undefined || attempt === ATTEMPTS_MAX || (await keepOpen(trx, inhibitor))) return decision;
  }
}

/** Whoever resolves the inhibitor waits for this transaction, and then finds what it held. */
async function keepOpen(trx: Trx, id: string): Promise<boolean> {
  const open = await trx
    .selectFrom("alerts")
    .select("id")
    .where("id", "=", id)
    .where("status", "=", "open")
    .forShare()
    .executeTakeFirst();
  return open !== undefined;
}

async function readLastTold(trx: Trx, fingerprint: string): Promise<number | null> {
  const told = await trx
    .selectFrom("alerts")
    .select("told_at")
    .where("fingerprint", "=", fingerprint)
    .where("told_at", "is not", null)
    .orderBy("occurrence", "desc")
    .limit(1)
    .executeTakeFirst();
  return told?.told_at?.getTime() ?? null;
}

export function candidateOf(
  alert: AlertRow,
  profile: Pick<Profile, "detectors" | "containment" | "playbooks">,
): Candidate {
  return {
    id: alert.id,
    source: alert.source,
    key: alert.key,
    status: alert.status,
    occurrence: alert.occurrence,
    labels: alert.labels,
    agentId: alert.agent_id,
    groupKey: alert.group_key,
    wasNormalised: alert.notes.length > 0,
    incidentId: alert.incident_id,
    contains: actsByItself(profile, triggerOf(alert)),
    severity: alert.severity,
    incidentType: alert.incident_type,
  };
}

async function keepDecision(
  trx: Trx,
  ctx: DecideContext,
  id: string,
  { disposition, stages, heldBy, decideAt }: Decision,
): Promise<void> {
  const at = ctx.clock.now();
  const now = toIso(at);
  await trx
    .updateTable("alerts")
    .set({
      disposition,
      decision: JSON.stringify(stages),
      held_by: heldBy,
      decide_at: decideAt === null ? null : toIso(decideAt),
      told_at: disposition === "incident" ? now : null,
      updated_at: now,
    })
    .where("id", "=", id)
    .execute();
  await recordAudit(trx, { at, actor: PIPELINE, action: "alert.decide", target: id, detail: { disposition, heldBy } });
  await notifyLive(trx, "alert", id);
}
