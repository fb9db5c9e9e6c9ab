import type { ApprovalView } from "@firebreak/protocol";
import { findPerson, hashSecret, newSecret } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import { getApproval } from "./list-approvals.ts";
import type { ApprovalContext } from "./types.ts";
import { refuseAnswerer } from "./who-may-answer.ts";
import type { Answerer } from "./who-may-answer.ts";

/**
 * Makes a secret by which one person answers one question, for as long as it waits: no session, and nothing else. Only
 * its hash is kept.
 *
 * @returns null when there is no such active user, the question waits no more, or it is not for that person's role
 */
export async function makeAnswerToken(
  ctx: Omit<ApprovalContext, "recordTimeline" | "newId">,
  { approvalId, person }: { readonly approvalId: string; readonly person: string },
): Promise<string | null> {
  const answerer = await findPerson(ctx, person);
  if (answerer === null) return null;
  const token = newSecret();
  const made = await inTransaction(ctx.database, async (trx) => {
    const row = await trx.selectFrom("approvals").selectAll().where("id", "=", approvalId).executeTakeFirst();
    if (row?.state !== "pending" || refuseAnswerer(row, answerer) !== null) return false;
    await trx
      .insertInto("answer_links")
      .values({
        secret_hash: hashSecret(token),
        approval_id: approvalId,
        person,
        expires_at: row.expires_at.toISOString(),
      })
      .execute();
    await trx.deleteFrom("answer_links").where("expires_at", "<", new Date(ctx.clock.now())).execute();
    const detail = { person };
    const at = ctx.clock.now();
    await recordAudit(trx, { at, actor: ctx.actor, action: "approval.link", target: approvalId, detail });
    return true;
  });
  return made ? token : null;
}

/**
 * @returns the question of a link, and the person whom the link stands for, with the role that they have now
 * @throws FirebreakError `not_found`
 */
export async function openAnswerLink(
  ctx: Pick<ApprovalContext, "database" | "clock">,
  token: string,
): Promise<{ readonly answerer: Answerer; readonly approval: ApprovalView }> {
  const link = await ctx.database.kysely
    .selectFrom("answer_links")
    .selectAll()
    .where("secret_hash", "=", hashSecret(token))
    .where("expires_at", ">", new Date(ctx.clock.now()))
    .executeTakeFirst();
  const answerer = link === undefined ? null : await findPerson(ctx, link.person);
  if (link === undefined || answerer === null) {
    throw new FirebreakError(
      "not_found",
      "This link is no good any more: the question has expired, or its person may not sign in. Open the console to see what waits.",
    );
  }
  return { answerer, approval: await getApproval(ctx, answerer, link.approval_id) };
}
