import { roleAllows } from "@firebreak/protocol";
import type { ApprovalView, BreakGlassRequest, ReviewApprovalRequest } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction, toStoredText } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { checkAnswerable, insertAnswer } from "./answer-approval.ts";
import { answersOf, lockApproval, toApprovalView } from "./approval-row.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";
import { personOf } from "./who-may-answer.ts";
import type { Answerer } from "./who-may-answer.ts";

/** Questions that may be answered without the second person: steps of playbooks. Stops are never let go this way. */
const BREAKABLE_KINDS: ReadonlySet<string> = new Set(["playbook.step"]);

/**
 * A commander says yes alone, for persons who cannot be reached, in an incident of severity 1. It is on record as such, and stays
 * open until another person has reviewed it.
 *
 * @throws FirebreakError `forbidden` for who is no person or no commander; `conflict` when the question may not be answered like
 *   this, is decided, or something else was shown; `not_found`
 */
export async function breakGlass(
  ctx: Omit<ApprovalContext, "actor">,
  answerer: Answerer,
  request: BreakGlassRequest & { readonly id: string },
): Promise<ApprovalView> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockApproval(trx, request.id);
    const person = checkBreaker(row, answerer);
    await refuseLesserIncident(trx, row);
    const answer = { ...request, answer: "approved" as const };
    const now = ctx.clock.now();
    checkAnswerable(row, answer, now);
    await insertAnswer(trx, ctx, { row, answerer, person, request: answer });
    const reason = toStoredText(request.reason);
    const decided = await trx
      .updateTable("approvals")
      .set({
        state: "approved",
        decided_at: toIso(now),
        break_glass: JSON.stringify({ by: answerer.actor, reason, at: toIso(now) }),
      })
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await leaveTrace(trx, { ...ctx, actor: answerer.actor }, decided, {
      action: "approval.break_glass",
      text: `BREAK-GLASS: ${answerer.actor.name} approved “${row.title}” alone: ${reason}. Another person has to review this.`,
      detail: { reason, checked: request.checked, answersNeeded: row.answers_needed },
    });
    return toApprovalView(decided, await answersOf(trx, [row.id]), answerer);
  });
}

function checkBreaker(row: ApprovalRow, { actor, access }: Answerer): string {
  const person = personOf(actor);
  if (person === null) throw new FirebreakError("forbidden", "Only a person breaks glass.");
  if (access === "agent" || !roleAllows(access, "commander")) {
    throw new FirebreakError("forbidden", "Answering for persons who cannot be reached needs the role commander.");
  }
  if (BREAKABLE_KINDS.has(row.kind)) return person;
  throw new FirebreakError("conflict", `A question of the kind ${row.kind} is never answered without its persons.`);
}

async function refuseLesserIncident(trx: Trx, row: ApprovalRow): Promise<void> {
  const incident =
    row.incident_id === null
      ? undefined
      : await trx.selectFrom("incidents").select("severity").where("id", "=", row.incident_id).executeTakeFirst();
  if (incident?.severity === 1) return;
  throw new FirebreakError(
    "conflict",
    "Glass is broken only in an incident of severity 1. Find the persons who may answer, or raise the severity.",
  );
}

/**
 * Another person says whether breaking the glass was justified. The first review counts.
 *
 * @throws FirebreakError `forbidden` for who broke it, and for who is no person; `conflict` when there is nothing to review
 */
export async function reviewBreakGlass(
  ctx: Omit<ApprovalContext, "actor">,
  reviewer: Answerer,
  request: ReviewApprovalRequest & { readonly id: string },
): Promise<ApprovalView> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockApproval(trx, request.id);
    if (row.break_glass === null)
      throw new FirebreakError("conflict", "No glass was broken: there is nothing to review.");
    if (row.reviewed !== null) throw new FirebreakError("conflict", `${row.reviewed.by.name} has reviewed it already.`);
    const person = personOf(reviewer.actor);
    if (person === null) throw new FirebreakError("forbidden", "Only a person reviews.");
    if (person === personOf(row.break_glass.by)) {
      throw new FirebreakError("forbidden", "Who broke the glass cannot review it: another person has to.");
    }
    const at = toIso(ctx.clock.now());
    const note = toStoredText(request.note);
    const reviewed = { by: reviewer.actor, verdict: request.verdict, note, at };
    const changed = await trx
      .updateTable("approvals")
      .set({ reviewed: JSON.stringify(reviewed) })
      .where("id", "=", row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const verdict = request.verdict.replaceAll("_", " ");
    await leaveTrace(trx, { ...ctx, actor: reviewer.actor }, changed, {
      action: "approval.review",
      text: `${reviewer.actor.name} reviewed the broken glass of “${row.title}”: ${verdict} — ${note}`,
      detail: { verdict: request.verdict, note },
    });
    return toApprovalView(changed, await answersOf(trx, [row.id]), reviewer);
  });
}
