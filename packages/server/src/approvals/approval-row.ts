import type { ApprovalView } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError } from "../kernel/index.ts";
import type { Trx } from "../storage/index.ts";
import type { AnswerRow, ApprovalContext, ApprovalRow } from "./types.ts";
import { refuseApprover } from "./who-may-answer.ts";
import type { Answerer } from "./who-may-answer.ts";

const argumentsOfRow = z.record(z.string(), z.unknown());

/** @returns exactly what would be done */
export function argumentsOf(row: Pick<ApprovalRow, "arguments">): Record<string, unknown> {
  return argumentsOfRow.parse(JSON.parse(row.arguments));
}

/** @throws FirebreakError `not_found` */
export async function lockApproval(trx: Trx, id: string): Promise<ApprovalRow> {
  const row = await trx.selectFrom("approvals").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  return row ?? refuseUnknown(id);
}

export function refuseUnknown(id: string): never {
  throw new FirebreakError("not_found", `There is no question ${id}. List the approvals to find its id.`);
}

export function answersOf(kysely: ApprovalContext["database"]["kysely"], ids: readonly string[]): Promise<AnswerRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return kysely.selectFrom("approval_answers").selectAll().where("approval_id", "in", ids).orderBy("at").execute();
}

/** @param reader null for one that answers nothing */
export function toApprovalView(row: ApprovalRow, answers: readonly AnswerRow[], reader: Answerer | null): ApprovalView {
  const { id, kind, title, target, reason, digest, preview, checklist, role, state, outcome } = row;
  const persons = answers.map((answer) => answer.person);
  return {
    id,
    kind,
    title,
    target,
    reason,
    arguments: argumentsOf(row),
    digest,
    preview,
    checklist,
    incidentId: row.incident_id,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    role,
    answersNeeded: row.answers_needed,
    answers: answers.map((one) => ({
      by: one.answered_by,
      answer: one.answer,
      reason: one.reason,
      at: one.at.toISOString(),
    })),
    state,
    decidedAt: row.decided_at?.toISOString() ?? null,
    usedAt: row.used_at?.toISOString() ?? null,
    outcome,
    askedAgainAt: row.reminded_at?.toISOString() ?? null,
    breakGlass: row.break_glass,
    reviewed: row.reviewed,
    refusal: reader === null ? "Only a person answers this." : refuseApprover(row, reader, persons),
  };
}
