import type { ReviewView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { toReviewView } from "./draft-review.ts";
import type { LearningContext } from "./types.ts";

/** @throws FirebreakError `not_found` when no review is drafted yet */
export async function getReview(ctx: Pick<LearningContext, "database">, incidentId: string): Promise<ReviewView> {
  const row = await ctx.database.kysely
    .selectFrom("reviews")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .executeTakeFirst();
  if (row !== undefined) return toReviewView(row);
  throw new FirebreakError("not_found", `There is no review of ${incidentId} yet. Draft it first.`);
}
