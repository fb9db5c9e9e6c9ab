import { roleAllows } from "@firebreak/protocol";
import type { Actor, LegalHoldRelease, ReleaseLegalHoldRequest } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { z } from "zod";
import { listUsers } from "../../access/index.ts";
import type { Caller } from "../../access/index.ts";
import { argumentsOf, noteOutcome, personOf, requestApproval, useApproval } from "../../approvals/index.ts";
import type { ApprovalRow } from "../../approvals/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { LegalHoldsTable, Trx } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { describeHold, openReleases, RELEASE_KIND, viewHold } from "./hold-row.ts";

const DAY_MS = 86_400_000;
/** The least role that asks for the release and that approves it. */
export const RELEASE_ROLE = "admin";

const releaseArguments = z.strictObject({ holdId: z.string() });

/**
 * Asks a second person to approve the release of a legal hold. Where nobody else could approve, the one person may release it
 * alone, if they say so: an installation with one person must not be locked out.
 *
 * @throws FirebreakError `forbidden` for who is no person; `conflict` when it was released, or alone where a second person
 *   could approve; `not_found`
 */
export async function releaseLegalHold(
  ctx: RetentionContext,
  caller: Pick<Caller, "actor" | "access">,
  { id, reason, alone }: ReleaseLegalHoldRequest & { readonly id: string },
): Promise<LegalHoldRelease> {
  const person = personOf(caller.actor);
  if (person === null) throw new FirebreakError("forbidden", "Only a person releases a legal hold.");
  const hasSecond = await hasSecondPerson(ctx, person);
  if (alone && hasSecond) {
    throw new FirebreakError("conflict", "A second person can approve, so one alone does not release a legal hold.");
  }
  if (!alone && !hasSecond) {
    throw new FirebreakError(
      "conflict",
      "Nobody else here could approve this. Say that you release it alone (firebreak legal-hold release --alone); that is recorded.",
    );
  }
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockHold(trx, id);
    if (alone) {
      const released = await end(trx, ctx, row, { by: caller.actor, reason, alone: "no second person could approve" });
      return { hold: viewHold(released), released: true };
    }
    const open = (await openReleases(trx)).get(id);
    const approvalId = open ?? (await ask(trx, { ...ctx, actor: caller.actor }, row, reason)).id;
    return { hold: viewHold(row, approvalId), released: false };
  });
}

/** @returns whether somebody else could approve what needs two */
export async function hasSecondPerson(ctx: Pick<RetentionContext, "database">, person: string): Promise<boolean> {
  const users = await listUsers(ctx);
  return users.some(
    ({ disabledAt, role, name }) => disabledAt === null && roleAllows(role, RELEASE_ROLE) && name !== person,
  );
}

type HoldRow = Selectable<LegalHoldsTable>;

async function lockHold(trx: Trx, id: string): Promise<HoldRow> {
  const row = await trx.selectFrom("legal_holds").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no legal hold ${id}.`);
  if (row.released_at !== null) throw new FirebreakError("conflict", `The legal hold ${id} was released before.`);
  return row;
}

function ask(trx: Trx, ctx: RetentionContext, row: HoldRow, reason: string): Promise<ApprovalRow> {
  return requestApproval(trx, ctx, {
    kind: RELEASE_KIND,
    title: `Release the legal hold of ${describeHold(row)}`,
    target: row.id,
    reason,
    arguments: { holdId: row.id },
    preview: ["what it held is archived and deleted again as the policy says, deletions after a notice"],
    incidentId: row.scope === "incident" ? row.target : null,
    expiresInMs: 7 * DAY_MS,
    role: RELEASE_ROLE,
  });
}

interface End {
  readonly by: Actor;
  readonly reason: string;
  readonly approvalId?: string;
  readonly approvedBy?: readonly string[];
  /** why one person was enough */
  readonly alone?: string;
}

async function end(trx: Trx, ctx: RetentionContext, row: HoldRow, { by, reason, ...how }: End): Promise<HoldRow> {
  const now = ctx.clock.now();
  const released = await trx
    .updateTable("legal_holds")
    .set({
      released_at: toIso(now),
      released_by: JSON.stringify(by),
      release_reason: reason.toWellFormed().replaceAll("\u0000", "\uFFFD"),
    })
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const { id, case_id: caseId, scope, target } = row;
  const detail = { caseId, scope, target, reason, ...how };
  await recordAudit(trx, { at: now, actor: by, action: "legal_hold.release", target: id, detail });
  await notifyLive(trx, "retention", id);
  return released;
}

/** Does what two persons agreed on, once; harmless when repeated, and when the approval is about something else. */
export async function carryOutRelease(ctx: RetentionContext, approvalId: string): Promise<void> {
  const found = await ctx.database.kysely
    .selectFrom("approvals")
    .selectAll()
    .where("id", "=", approvalId)
    .executeTakeFirst();
  if (found?.kind !== RELEASE_KIND || found.state !== "approved") return;
  const use = { id: approvalId, kind: RELEASE_KIND, arguments: argumentsOf(found), usedFor: approvalId };
  const { holdId } = releaseArguments.parse(use.arguments);
  await inTransaction(ctx.database, async (trx) => {
    const approval = await useApproval(trx, ctx, use);
    const row = await trx
      .selectFrom("legal_holds")
      .selectAll()
      .where("id", "=", holdId)
      .where("released_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return;
    const answers = await trx
      .selectFrom("approval_answers")
      .select("person")
      .where("approval_id", "=", approvalId)
      .where("answer", "=", "approved")
      .execute();
    const approvedBy = answers.map(({ person }) => person);
    await end(trx, ctx, row, { by: approval.requested_by, reason: approval.reason, approvalId, approvedBy });
  });
  await noteOutcome(ctx, approvalId, "The legal hold is released.");
}
