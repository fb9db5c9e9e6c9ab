import type { Actor, PersonErasure } from "@firebreak/protocol";
import { z } from "zod";
import type { Caller } from "../../access/index.ts";
import { argumentsOf, noteOutcome, personOf, requestApproval, useApproval } from "../../approvals/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { hasSecondPerson, RELEASE_ROLE } from "../holds/release-hold.ts";
import { ERASE_KIND, openQuestion, viewErasure } from "./erasure-row.ts";
import type { ErasureRow } from "./erasure-row.ts";

const DAY_MS = 86_400_000;

const eraseArguments = z.strictObject({ erasureId: z.string() });

/**
 * Asks a second person to approve the erasure of what was found. Where nobody else could approve, the one person may carry it
 * out alone, if they say so.
 *
 * @throws FirebreakError `forbidden` for who is no person; `not_found`; `conflict` while it is looked for, when it is over, or
 *   alone where a second person could approve
 */
export async function carryOutPersonErasure(
  ctx: RetentionContext,
  caller: Pick<Caller, "actor" | "access">,
  { id, alone }: { readonly id: string; readonly alone: boolean },
): Promise<PersonErasure> {
  const person = personOf(caller.actor);
  if (person === null) throw new FirebreakError("forbidden", "Only a person has another person's data erased.");
  const hasSecond = await hasSecondPerson(ctx, person);
  if (alone && hasSecond) {
    throw new FirebreakError("conflict", "A second person can approve, so one alone does not erase.");
  }
  if (!alone && !hasSecond) {
    throw new FirebreakError(
      "conflict",
      "Nobody else here could approve this. Say that you do it alone (firebreak person erase --alone); that is recorded.",
    );
  }
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockRow(trx, id);
    if (row.state === "searching") {
      throw new FirebreakError(
        "conflict",
        `${id} is still looked for. Wait for what is found: firebreak person show ${id}`,
      );
    }
    if (row.state !== "found" && row.state !== "asked")
      throw new FirebreakError("conflict", `${id} is ${row.state} already.`);
    if (alone) {
      const begun = await begin(trx, ctx, row, { by: caller.actor, alone: "no second person could approve" });
      return viewErasure(begun, null);
    }
    const open = await openQuestion(trx, id);
    const approvalId = open ?? (await ask(trx, { ...ctx, actor: caller.actor }, row)).id;
    const asked = await change(trx, id, { state: "asked" });
    return viewErasure(asked, approvalId);
  });
}

async function lockRow(trx: Trx, id: string): Promise<ErasureRow> {
  const row = await trx.selectFrom("person_erasures").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row === undefined) throw new FirebreakError("not_found", `There is no erasure ${id}.`);
  return row;
}

async function change(
  trx: Trx,
  id: string,
  to:
    | { state: "asked" }
    | { state: "erasing"; next_at: string }
    | { state: "withdrawn"; terms: null; ended_at: string },
): Promise<ErasureRow> {
  const row = await trx
    .updateTable("person_erasures")
    .set(to)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await notifyLive(trx, "retention", id);
  return row;
}

/** The question holds numbers only: what is looked for is shown by `person show`, to administrators. */
function ask(trx: Trx, ctx: RetentionContext, row: ErasureRow) {
  const lines = row.findings.map(
    ({ store, act, matches, stay }) =>
      `${store}: ${matches} found, ${matches - stay} of them ${ACTS[act]}, ${stay} stay`,
  );
  return requestApproval(trx, ctx, {
    kind: ERASE_KIND,
    title: `Erase for good what is kept of a person (${row.id})`,
    target: row.id,
    reason: row.reason,
    arguments: { erasureId: row.id },
    preview: [`what is looked for: firebreak person show ${row.id}`, ...lines].slice(0, 40),
    incidentId: null,
    expiresInMs: 7 * DAY_MS,
    role: RELEASE_ROLE,
  });
}

const ACTS = { delete: "deleted", mask: "masked", destroy_keys: "destroyed", keep: "erased" } as const;

interface Begin {
  readonly by: Actor;
  readonly approvalId?: string;
  readonly approvedBy?: readonly string[];
  /** why one person was enough */
  readonly alone?: string;
}

async function begin(trx: Trx, ctx: RetentionContext, row: ErasureRow, { by, ...how }: Begin): Promise<ErasureRow> {
  const now = ctx.clock.now();
  const begun = await change(trx, row.id, { state: "erasing", next_at: toIso(now) });
  const detail = { reason: row.reason, also: row.also, ...how };
  await recordAudit(trx, { at: now, actor: by, action: "person_erasure.begin", target: row.id, detail });
  return begun;
}

/** Does what two persons agreed on, once; harmless when repeated, and when the approval is about something else. */
export async function carryOutApprovedErasure(ctx: RetentionContext, approvalId: string): Promise<void> {
  const found = await ctx.database.kysely
    .selectFrom("approvals")
    .selectAll()
    .where("id", "=", approvalId)
    .executeTakeFirst();
  if (found?.kind !== ERASE_KIND || found.state !== "approved") return;
  const use = { id: approvalId, kind: ERASE_KIND, arguments: argumentsOf(found), usedFor: approvalId };
  const { erasureId } = eraseArguments.parse(use.arguments);
  await inTransaction(ctx.database, async (trx) => {
    const approval = await useApproval(trx, ctx, use);
    const row = await lockRow(trx, erasureId);
    if (row.state !== "asked" && row.state !== "found") return;
    const answers = await trx
      .selectFrom("approval_answers")
      .select("person")
      .where("approval_id", "=", approvalId)
      .where("answer", "=", "approved")
      .execute();
    const approvedBy = answers.map(({ person }) => person);
    await begin(trx, ctx, row, { by: approval.requested_by, approvalId, approvedBy });
  });
  await noteOutcome(ctx, approvalId, "The erasure has begun.");
}

/**
 * Gives it up, and forgets what was looked for.
 *
 * @throws FirebreakError `not_found`; `conflict` once something is erased
 */
export async function withdrawPersonErasure(
  ctx: RetentionContext,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<PersonErasure> {
  return inTransaction(ctx.database, async (trx) => {
    const row = await lockRow(trx, id);
    if (row.state === "erasing" || row.state === "done" || row.state === "withdrawn") {
      throw new FirebreakError("conflict", `${id} is ${row.state} already.`);
    }
    const now = ctx.clock.now();
    const withdrawn = await change(trx, id, { state: "withdrawn", terms: null, ended_at: toIso(now) });
    const detail = { reason: reason.toWellFormed().replaceAll("\u0000", "\uFFFD") };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "person_erasure.withdraw", target: id, detail });
    return viewErasure(withdrawn, null);
  });
}
