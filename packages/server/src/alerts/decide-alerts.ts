import type { Actor, StageDecision } from "@firebreak/protocol";
import { sql } from "kysely";
import { recordAudits } from "../audit/index.ts";
import { toIso } from "../kernel/index.ts";
import type { Clock, Profile } from "../kernel/index.ts";
import { notifyLiveOfAll } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { actsByItself } from "./automatic-containment.ts";
import { triggerOf } from "./trigger-of.ts";
import { lockAlerts } from "./lock-alert.ts";
import type { AlertRow } from "./lock-alert.ts";
import { compileRules } from "./pipeline/compile-rules.ts";
import { runPipeline } from "./pipeline/run-pipeline.ts";
import type { Candidate, Decision, Situation } from "./pipeline/types.ts";
import { findInhibitors } from "./find-inhibitors.ts";
import { lockMutes, readMutes } from "./silences/read-mutes.ts";
import type { Mutes } from "./silences/read-mutes.ts";

export interface DecideContext {
  readonly clock: Clock;
  readonly profile: Profile;
}

const PIPELINE: Actor = { kind: "daemon", id: "alerts", name: "Firebreak" };

/** Decisions made anew because what inhibited the alert was resolved meanwhile. */
const ATTEMPTS_MAX = 5;

/** An alert, and what the pipeline says of it. */
export interface Decided {
  readonly alert: AlertRow;
  readonly decision: Decision;
}

/**
 * Passes alerts through the pipeline, in the order in which they were opened, and records what is decided on those without
 * an incident. The caller gives them their incidents and
 * keeps the decisions ({@link keepDecisions}) in the same transaction.
 *
 * @returns one decision for each alert that there is
 */
export async function decideAlerts(trx: Trx, ctx: DecideContext, alertIds: readonly string[]): Promise<Decided[]> {
  await lockMutes(trx, "to decide");
  const alerts = await lockAlerts(trx, alertIds);
  const mutes = await readMutes(trx, ctx.clock.now());
  const decided: Decided[] = [];
  for (const alert of alerts) {
    const decision = await decide(trx, ctx, { candidate: candidateOf(alert, ctx.profile), mutes, alert });
    decided.push({ alert, decision });
  }
  const at = ctx.clock.now();
  const acts = decided
    .filter(({ alert }) => alert.incident_id === null)
    .map(({ alert, decision: { disposition, heldBy } }) => {
      const detail = { disposition, heldBy };
      return { at, actor: PIPELINE, action: "alert.decide", target: alert.id, detail };
    });
  await recordAudits(trx, acts);
  return decided;
}

interface Case {
  readonly candidate: Candidate;
  readonly mutes: Mutes;
  readonly alert: Pick<AlertRow, "fingerprint">;
}

async function decide(trx: Trx, ctx: DecideContext, { candidate, mutes, alert }: Case): Promise<Decision> {
  const lastToldAt = candidate.occurrence === 1 ? null : await readLastTold(trx, alert.fingerprint);
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

/** What became of an alert. */
export interface Kept extends Decided {
  /** null: it is held */
  readonly incidentId: string | null;
  /** the storm that it joined, and why */
  readonly storm?: StageDecision | undefined;
}

/** Keeps every stage's reason with the alerts, and which incident is theirs. */
export async function keepDecisions(trx: Trx, ctx: DecideContext, kept: readonly Kept[]): Promise<void> {
  if (kept.length === 0) return;
  const now = toIso(ctx.clock.now());
  const rows = kept.map(({ alert, decision, incidentId, storm }) => ({
    id: alert.id,
    disposition: decision.disposition,
    decision: storm === undefined ? decision.stages : [...decision.stages, storm],
    held_by: decision.heldBy,
    decide_at: decision.decideAt === null ? null : toIso(decision.decideAt),
    told_at: decision.disposition === "incident" ? now : null,
    incident_id: incidentId,
  }));
  await sql`
    update alerts set disposition = kept.disposition, decision = kept.decision, held_by = kept.held_by,
      decide_at = kept.decide_at, told_at = kept.told_at, incident_id = kept.incident_id, updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as kept(id text, disposition text, decision jsonb,
      held_by text, decide_at timestamptz, told_at timestamptz, incident_id text)
    where alerts.id = kept.id`.execute(trx);
  await notifyLiveOfAll(
    trx,
    "alert",
    kept.map(({ alert }) => alert.id),
  );
}
