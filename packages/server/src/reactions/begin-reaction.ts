import { sql } from "kysely";
import { withdrawApproval } from "../approvals/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { deriveRunId, requestRun } from "../playbooks/index.ts";
import { inTransaction, toStoredJson } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { changeReaction } from "./change-reaction.ts";
import { checkRails, holdSelf } from "./check-rails.ts";
import type { RailHold } from "./check-rails.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { fitInputs } from "./fit-inputs.ts";
import { agentOf, keyOf } from "./plan-reaction.ts";
import { readRailFacts } from "./read-rail-facts.ts";
import type { RailSubject } from "./read-rail-facts.ts";
import type { ReactionPlan } from "./plan-reaction.ts";
import { tellReaction } from "./tell-reaction.ts";

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
    const known = await trx.selectFrom("reactions").selectAll().where("key", "=", key).executeTakeFirstOrThrow();
    return acts ? actAfterQuestion(trx, ctx, plan, known) : known;
  }
  await tellReaction(trx, ctx, row);
  return acts ? startActing(trx, ctx, row) : row;
}

/**
 * What one rule asks for, another may do at once: an open question, or one that nobody answered, must not hold that back,
 * whichever of the two alerts came first. A person's no does, and what was begun is not begun again.
 */
async function actAfterQuestion(
  trx: Trx,
  ctx: ReactionContext,
  plan: ReactionPlan,
  known: ReactionRow,
): Promise<ReactionRow> {
  if (!ASKED.has(known.state)) return known;
  const why = `the rule ${plan.rule} does it without asking`;
  if (known.approval_id !== null) await withdrawApproval(trx, ctx, known.approval_id, why);
  const change = { ...planColumnsOf(plan), ...decisionOf(ctx, true, null, null), approval_id: null };
  const row = await changeReaction(trx, ctx, known, change);
  if (row !== undefined) return startActing(trx, ctx, row);
  throw new Error(`the reaction ${known.id} was changed at the same time; it is decided on again`);
}

const ASKED: ReadonlySet<ReactionRow["state"]> = new Set(["deciding", "waiting", "expired"]);

function columnsOf(ctx: ReactionContext, plan: ReactionPlan, key: string) {
  const now = toIso(ctx.clock.now());
  return {
    ...planColumnsOf(plan),
    id: ctx.newId("reaction"),
    key,
    changes: "[]",
    blast_radius: JSON.stringify({ agents: [], hosts: [], services: [], addresses: [] }),
    at: now,
    updated_at: now,
  };
}

function planColumnsOf(plan: ReactionPlan) {
  const { rule, mode, kind, what, target, occasion } = plan;
  return {
    rule,
    title: occasion.title,
    mode,
    kind,
    what,
    target,
    parameters: toStoredJson(plan.parameters) ?? "{}",
    for_minutes: plan.forMinutes,
    ask_minutes: plan.askMinutes,
    agent_id: agentOf(plan),
    session_id: occasion.sessionId,
    incident_id: occasion.incidentId,
    alert_id: occasion.alertId,
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
