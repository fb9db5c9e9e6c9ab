import { sql } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { deriveRunId, requestRun } from "../playbooks/index.ts";
import { inTransaction, notifyLive, toStoredJson } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { checkRails, holdSelf } from "./check-rails.ts";
import type { RailHold } from "./check-rails.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { fitInputs } from "./fit-inputs.ts";
import { agentOf, deedOf, keyOf } from "./plan-reaction.ts";
import { readRailFacts } from "./read-rail-facts.ts";
import type { RailSubject } from "./read-rail-facts.ts";
import type { ReactionPlan } from "./plan-reaction.ts";

/**
 * Decides on a plan once, and puts the decision on record before anything happens: `applying` when it may act now,
 * `deciding` when it is to be observed or asked for, `failed` when it cannot be done. A playbook that may act is requested in
 * the same transaction.
 *
 * @returns the decision; that of before when the same act on the same target of the incident was decided on
 */
export async function beginReaction(ctx: ReactionContext, plan: ReactionPlan): Promise<ReactionRow> {
  const { problem } = plan;
  if (problem !== null) return inTransaction(ctx.database, (trx) => insertFailed(trx, ctx, plan, problem));
  try {
    return await inTransaction(ctx.database, (trx) => decide(trx, ctx, plan));
  } catch (fault) {
    // a playbook that is gone, inputs that do not fit, or a lock that it does not wait for
    if (!(fault instanceof FirebreakError) || !REFUSALS.has(fault.code)) throw fault;
    return inTransaction(ctx.database, (trx) => insertFailed(trx, ctx, plan, fault.message));
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["not_found", "invalid_body", "conflict"]);

async function decide(trx: Trx, ctx: ReactionContext, plan: ReactionPlan): Promise<ReactionRow> {
  if (plan.mode === "act") await sql`select pg_advisory_xact_lock(hashtext('automatic containment'))`.execute(trx);
  const facts = await readRailFacts(trx, ctx, subjectOf(plan));
  const hold = plan.mode === "ask" ? holdSelf(ctx, plan) : await checkRails(trx, ctx, plan, facts);
  const problem = hold?.rail === "self" ? `it is never done by automation: ${hold.reason}` : null;
  return insertOnce(trx, ctx, plan, { releases: facts.releases, hold, problem });
}

/** A plan that cannot be carried out is on record like every other. */
async function insertFailed(trx: Trx, ctx: ReactionContext, plan: ReactionPlan, problem: string): Promise<ReactionRow> {
  const { releases } = await readRailFacts(trx, ctx, subjectOf(plan));
  return insertOnce(trx, ctx, plan, { releases, hold: null, problem });
}

function subjectOf(plan: ReactionPlan): RailSubject {
  const { sessionId, incidentId } = plan.occasion;
  return { rule: plan.rule, agentId: agentOf(plan), sessionId, incidentId };
}

interface Verdict {
  /** how often a person let something of the incident run again: what misbehaves again is decided on again */
  readonly releases: number;
  readonly hold: RailHold | null;
  readonly problem: string | null;
}

async function insertOnce(
  trx: Trx,
  ctx: ReactionContext,
  plan: ReactionPlan,
  { releases, hold, problem }: Verdict,
): Promise<ReactionRow> {
  const key = keyOf(plan, releases);
  const acts = plan.mode === "act" && hold === null && problem === null;
  const row = await trx
    .insertInto("reactions")
    .values({ ...columnsOf(ctx, plan, key), ...decisionOf(ctx, acts, hold, problem) })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    return trx.selectFrom("reactions").selectAll().where("key", "=", key).executeTakeFirstOrThrow();
  }
  await tellReaction(trx, ctx, row);
  return acts ? startActing(trx, ctx, row) : row;
}

function columnsOf(ctx: ReactionContext, plan: ReactionPlan, key: string) {
  const { rule, mode, kind, what, target, occasion } = plan;
  const now = toIso(ctx.clock.now());
  return {
    id: ctx.newId("reaction"),
    key,
    rule,
    title: occasion.title,
    mode,
    kind,
    what,
    target,
    parameters: toStoredJson(plan.parameters) ?? "{}",
    for_minutes: plan.forMinutes,
    ask_minutes: plan.askMinutes,
    changes: "[]",
    blast_radius: JSON.stringify({ agents: [], hosts: [], services: [], addresses: [] }),
    agent_id: agentOf(plan),
    session_id: occasion.sessionId,
    incident_id: occasion.incidentId,
    alert_id: occasion.alertId,
    at: now,
    updated_at: now,
  };
}

function decisionOf({ clock }: ReactionContext, acts: boolean, hold: RailHold | null, problem: string | null) {
  const state = problem !== null ? "failed" : acts ? "applying" : "deciding";
  const rail = { rail: hold?.rail ?? null, rail_reason: hold?.reason ?? null };
  return { state, ...rail, message: problem, acted_at: acts ? toIso(clock.now()) : null } as const;
}

/** Puts the run of a playbook on its way in the caller's transaction; what an effector does follows after it. */
export async function startActing(trx: Trx, ctx: ReactionContext, row: ReactionRow): Promise<ReactionRow> {
  if (row.kind !== "playbook") return row;
  const runId = deriveRunId(row.id, row.what);
  const inputs = fitInputs(ctx.playbooks.get(row.what)?.document, row.parameters);
  await requestRun(trx, ctx, { playbookId: row.what, incidentId: row.incident_id, inputs, runId });
  return trx
    .updateTable("reactions")
    .set({ state: "applied", run_id: runId, updated_at: toIso(ctx.clock.now()) })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Leaves the traces of a decision in the transaction that makes it: audit row, timeline, live notice. */
export async function tellReaction(trx: Trx, ctx: ReactionContext, row: ReactionRow): Promise<void> {
  await notifyLive(trx, "reaction", row.id);
  if (row.state === "deciding") return; // told once it is known what would change
  const at = ctx.clock.now();
  const { rule, mode, state, kind, what, target, parameters, rail, message } = row;
  const detail = { rule, mode, state, kind, what, target, parameters, rail, message };
  await recordAudit(trx, { at, actor: ctx.actor, action: `reaction.${state}`, target: row.id, detail });
  if (row.incident_id === null) return;
  await addTimelineEntry(trx, ctx, {
    incidentId: row.incident_id,
    key: `reaction:${row.id}:${state}`,
    at,
    kind: "reaction",
    source: "containment",
    text: sentenceOf(row),
    data: { reactionId: row.id, rule, mode, state, rail },
  });
}

function sentenceOf(row: ReactionRow): string {
  const deed = deedOf(row);
  const held = row.rail_reason === null ? "" : ` Held back: ${row.rail_reason}.`;
  const why = row.message === null ? "" : `: ${row.message}`;
  switch (row.state) {
    case "deciding":
    case "applying":
      return `Automatic containment begins to ${deed} (rule ${row.rule}).`;
    case "observed": {
      const whether = row.rail_reason === null ? "" : ` It would have been held back: ${row.rail_reason}.`;
      const changes = row.changes.length === 0 ? "" : ` It ${row.changes.join("; ")}.`;
      return `Automatic containment would ${deed} (rule ${row.rule}, which only observes).${changes}${whether}`;
    }
    case "waiting":
      return `Automatic containment asks whether to ${deed} (rule ${row.rule}).${held}`;
    case "applied":
      return `Automatic containment did ${deed} (rule ${row.rule})${why}.`;
    case "failed":
      return `Automatic containment could not ${deed} (rule ${row.rule})${why}.`;
    case "denied":
    case "expired":
      return `Automatic containment does not ${deed} (rule ${row.rule})${why}.`;
    default:
      return row.state satisfies never;
  }
}
