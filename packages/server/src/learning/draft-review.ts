import type { ReviewView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import type { ReviewsTable } from "../storage/index.ts";
import { readFacts } from "./read-facts.ts";
import { renderReview } from "./render-review.ts";
import type { LearningContext, ReviewFacts, Trx } from "./types.ts";

const HOUR_MS = 3_600_000;

/**
 * Drafts the review from what was recorded, and replaces an older draft.
 *
 * @param options.whenEdited what becomes of a text that a person has edited: `refuse` (the default) throws, `keep`
 *   returns it as it is (for automation, which may repeat), `replace` writes over it
 * @throws FirebreakError `not_found`; `conflict` when a person has edited the review
 */
export async function draftReview(
  ctx: LearningContext,
  incidentId: string,
  options: { readonly whenEdited?: "refuse" | "keep" | "replace" } = {},
): Promise<ReviewView> {
  const facts = await readFacts(ctx, incidentId);
  const draftedAt = ctx.clock.now();
  const dueAt = dueAtOf(ctx, facts, draftedAt);
  const markdown = renderReview(facts, { draftedAt, dueAt });
  return inTransaction(ctx.database, async (trx) => {
    const before = await trx
      .selectFrom("reviews")
      .selectAll()
      .where("incident_id", "=", incidentId)
      .forUpdate()
      .executeTakeFirst();
    const { whenEdited = "refuse" } = options;
    if (before !== undefined && before.edited_by !== null && whenEdited !== "replace") {
      return whenEdited === "keep" ? toReviewView(before) : refuseEdited(incidentId, before.edited_by);
    }
    const row = await writeDraft(trx, { incidentId, markdown, draftedAt, dueAt, replace: whenEdited === "replace" });
    if (row === undefined) refuseEdited(incidentId, "somebody just now");
    await leaveTrace(trx, ctx, facts, before !== undefined);
    return toReviewView(row);
  });
}

function refuseEdited(incidentId: string, editor: string): never {
  throw new FirebreakError(
    "conflict",
    `The review of ${incidentId} was edited by ${editor}; a new draft would replace the text. Force it if that is meant.`,
  );
}

function dueAtOf(ctx: LearningContext, { incident }: ReviewFacts, now: number): number {
  return (incident.resolved_at?.getTime() ?? now) + ctx.profile.reviews.dueHours * HOUR_MS;
}

interface Draft {
  readonly incidentId: string;
  readonly markdown: string;
  readonly draftedAt: number;
  readonly dueAt: number;
  readonly replace: boolean;
}

/** @returns undefined when a person's edit came in between */
async function writeDraft(trx: Trx, draft: Draft): Promise<Selectable<ReviewsTable> | undefined> {
  const columns = {
    markdown: draft.markdown,
    drafted_at: new Date(draft.draftedAt),
    due_at: new Date(draft.dueAt),
    edited_by: null,
    edited_at: null,
  };
  return trx
    .insertInto("reviews")
    .values({ incident_id: draft.incidentId, ...columns })
    .onConflict((conflict) => {
      const update = conflict.column("incident_id").doUpdateSet(columns);
      return draft.replace ? update : update.where("reviews.edited_by", "is", null);
    })
    .returningAll()
    .executeTakeFirst();
}

async function leaveTrace(trx: Trx, ctx: LearningContext, { incident }: ReviewFacts, again: boolean): Promise<void> {
  const at = ctx.clock.now();
  await addTimelineEntry(trx, ctx, {
    incidentId: incident.id,
    key: `review:${at}`,
    at,
    kind: "review",
    source: "learning",
    text: again ? "The review was drafted again." : "The review was drafted.",
  });
  await recordAudit(trx, { at, actor: ctx.actor, action: "review.draft", target: incident.id, detail: { again } });
  await notifyLive(trx, "incident", incident.id);
}

export function toReviewView(row: Selectable<ReviewsTable>): ReviewView {
  return {
    incidentId: row.incident_id,
    markdown: row.markdown,
    draftedAt: row.drafted_at.toISOString(),
    dueAt: row.due_at.toISOString(),
  };
}
