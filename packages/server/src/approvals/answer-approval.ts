import type { AnswerApprovalRequest, ApprovalState, ApprovalView } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { answersOf, lockApproval, toApprovalView } from "./approval-row.ts";
import { leaveTrace } from "./leave-trace.ts";
import type { ApprovalContext, ApprovalRow } from "./types.ts";
import { personOf, refuseAnswerer, refuseApprover } from "./who-may-answer.ts";
import type { Answerer } from "./who-may-answer.ts";

/**
 * One person's answer. The first no decides; a yes decides when as many different persons said it as must. Who asked may
 * say no (it is then withdrawn), never yes.
 *
 * @throws FirebreakError `forbidden` for who may not answer; `conflict` when it is decided or expired, when something else
 *   was shown than is asked (the digest), or when not all of the checklist was checked; `not_found`
 */
export async function answerApproval(
  ctx: Omit<ApprovalContext, "actor">,
  answerer: Answerer,
  request: AnswerApprovalRequest & { readonly id: string },
): Promise<ApprovalView> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockApproval(trx, request.id);
    const before = await answersOf(trx, [row.id]);
    const person = checkAnswerer(
      row,
      answerer,
      request,
      before.map((one) => one.person),
    );
    checkAnswerable(row, request, ctx.clock.now());
    await insertAnswer(trx, ctx, { row, answerer, person, request });
    const answers = await answersOf(trx, [row.id]);
    const approved = answers.filter((one) => one.answer === "approved").length;
    const state = stateAfter(request.answer, approved, row.answers_needed);
    const decided = await writeState(trx, row, state, ctx.clock.now());
    await leaveTrace(trx, { ...ctx, actor: answerer.actor }, decided, {
      action: "approval.answer",
      text: `${answerer.actor.name} ${request.answer} “${row.title}” (${approved} of ${row.answers_needed}): ${request.reason}`,
      detail: { answer: request.answer, reason: request.reason, checked: request.checked },
    });
    return toApprovalView(decided, answers, answerer);
  });
}

/** @returns who answers, as one person */
function checkAnswerer(
  row: ApprovalRow,
  answerer: Answerer,
  { answer }: AnswerApprovalRequest,
  answered: readonly string[],
): string {
  const refusal = answer === "approved" ? refuseApprover(row, answerer, answered) : refuseAnswerer(row, answerer);
  const person = personOf(answerer.actor);
  if (refusal !== null || person === null) throw new FirebreakError("forbidden", refusal ?? "Only a person answers.");
  return person;
}

export function checkAnswerable(row: ApprovalRow, request: AnswerApprovalRequest, now: number): void {
  const conflict = (message: string) => new FirebreakError("conflict", message);
  if (row.state !== "pending") throw conflict(`“${row.title}” is ${row.state} already; nothing is changed.`);
  if (row.expires_at.getTime() <= now) throw conflict(`“${row.title}” has expired. Ask again for it.`);
  if (row.digest !== request.digest) {
    throw conflict("The answer is to something else than what is asked. Look at the question again, then answer.");
  }
  const missing = row.checklist.filter((line) => !request.checked.includes(line));
  if (request.answer === "approved" && missing.length > 0) {
    throw conflict(`Not approved: check first, and say so: ${missing.join("; ")}.`);
  }
}

function stateAfter(answer: AnswerApprovalRequest["answer"], approved: number, needed: number): ApprovalState {
  if (answer === "denied") return "denied";
  return approved >= needed ? "approved" : "pending";
}

export async function insertAnswer(
  trx: Trx,
  { clock }: Pick<ApprovalContext, "clock">,
  { row, answerer, person, request }: AnswerParts,
): Promise<void> {
  await trx
    .insertInto("approval_answers")
    .values({
      approval_id: row.id,
      person,
      answered_by: JSON.stringify(answerer.actor),
      answer: request.answer,
      reason: request.reason.toWellFormed().replaceAll("\u0000", "\uFFFD"),
      checked: JSON.stringify(request.checked.filter((line) => row.checklist.includes(line))),
      at: toIso(clock.now()),
    })
    // who approved and thinks better of it while more answers are needed
    .onConflict((conflict) =>
      conflict.columns(["approval_id", "person"]).doUpdateSet((excluded) => ({
        answer: excluded.ref("excluded.answer"),
        reason: excluded.ref("excluded.reason"),
        at: excluded.ref("excluded.at"),
      })),
    )
    .execute();
}

interface AnswerParts {
  readonly row: ApprovalRow;
  readonly answerer: Answerer;
  readonly person: string;
  readonly request: AnswerApprovalRequest;
}

function writeState(trx: Trx, row: ApprovalRow, state: ApprovalState, now: number): Promise<ApprovalRow> {
  return trx
    .updateTable("approvals")
    .set({ state, decided_at: state === "pending" ? null : toIso(now) })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
