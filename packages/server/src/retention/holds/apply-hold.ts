import { newLegalHoldRequest } from "@firebreak/protocol";
import type { LegalHoldView, NewLegalHoldRequest } from "@firebreak/protocol";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction, notifyLive } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import { viewHold } from "./hold-row.ts";

/** Holds in force at once; beyond it one of everything is what is meant. */
const HOLDS_MAX = 200;

/**
 * Puts a legal hold in force. From its commit nothing in its scope is deleted or taken out of the database, also not by a
 * pass that is under way.
 *
 * @throws FirebreakError `not_found` for an incident or evidence archive that is not there; `conflict` beyond {@link HOLDS_MAX}
 */
export async function applyLegalHold(ctx: RetentionContext, request: NewLegalHoldRequest): Promise<LegalHoldView> {
  const input = newLegalHoldRequest.parse(request);
  return inTransaction(ctx.database, async (trx) => {
    await refuseUnknownTarget(trx, input);
    const { count } = await trx
      .selectFrom("legal_holds")
      .select((expression) => expression.fn.countAll<string>().as("count"))
      .where("released_at", "is", null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= HOLDS_MAX) {
      throw new FirebreakError(
        "conflict",
        `${HOLDS_MAX} legal holds are in force, which is the limit. Apply a wider one.`,
      );
    }
    const now = ctx.clock.now();
    const row = await trx
      .insertInto("legal_holds")
      .values({
        id: ctx.newId("legalHold"),
        case_id: input.caseId,
        scope: input.scope,
        target: input.target,
        range_from: input.from,
        range_to: input.to,
        reason: input.reason.toWellFormed().replaceAll("\u0000", "\uFFFD"),
        applied_by: JSON.stringify(ctx.actor),
        applied_at: toIso(now),
        release_reason: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const { caseId, scope, target, from, to, reason } = input;
    await recordAudit(trx, {
      at: now,
      actor: ctx.actor,
      action: "legal_hold.apply",
      target: row.id,
      detail: { caseId, scope, target, from, to, reason },
    });
    await notifyLive(trx, "retention", row.id);
    return viewHold(row);
  });
}

/** Of an agent, pack or session a hold may come first: what they do afterwards is held. */
async function refuseUnknownTarget(trx: Trx, { scope, target }: NewLegalHoldRequest): Promise<void> {
  if (scope !== "incident" && scope !== "evidence") return;
  const table = scope === "incident" ? "incidents" : "evidence_archives";
  const found = await trx.selectFrom(table).select("id").where("id", "=", target).executeTakeFirst();
  if (found !== undefined || (scope === "evidence" && (await hasCopy(trx, target)))) return;
  const instead = scope === "incident" ? " When it is in the archive already, hold its agent or its time." : "";
  throw new FirebreakError("not_found", `There is no ${scope} ${target ?? ""} to hold.${instead}`);
}

/** What was deleted here may be held where a copy of it is. */
async function hasCopy(trx: Trx, id: string | null): Promise<boolean> {
  const copy = await trx
    .selectFrom("evidence_copies")
    .select("place")
    .where("archive_id", "=", id ?? "")
    .executeTakeFirst();
  return copy !== undefined;
}
