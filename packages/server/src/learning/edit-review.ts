import type { ReviewView } from "@firebreak/protocol";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { inTransaction, notifyLive } from "../storage/index.ts";
import { toReviewView } from "./draft-review.ts";
import type { LearningContext } from "./types.ts";

const editReviewInput = z.object({
  id: z.string().min(1).max(64),
  markdown: z
    .string()
    .min(1)
    .max(1_000_000)
    .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "use valid Unicode text without NUL characters"),
});
export type EditReviewInput = z.input<typeof editReviewInput>;

/**
 * Keeps a person's text of the review; from then on no draft replaces it unless that is asked for.
 *
 * @throws FirebreakError `invalid_body`; `not_found` when no review is drafted yet
 */
export async function editReview(
  ctx: Pick<LearningContext, "database" | "clock" | "actor">,
  input: EditReviewInput,
): Promise<ReviewView> {
  const parsed = editReviewInput.safeParse(input);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      where: `/${path.map(String).join("/")}`,
      message,
    }));
    throw new FirebreakError("invalid_body", "The text of the review cannot be kept.", { errors });
  }
  const { id, markdown } = parsed.data;
  return inTransaction(ctx.database, async (trx) => {
    const at = ctx.clock.now();
    const row = await trx
      .updateTable("reviews")
      .set({ markdown, edited_by: ctx.actor.name, edited_at: new Date(at) })
      .where("incident_id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new FirebreakError("not_found", `There is no review of ${id} yet. Draft it first.`);
    const detail = { characters: markdown.length };
    await recordAudit(trx, { at, actor: ctx.actor, action: "review.edit", target: id, detail });
    await notifyLive(trx, "incident", id);
    return toReviewView(row);
  });
}
