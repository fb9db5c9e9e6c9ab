import type { ReplaySummary, ReplayView } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import type { WorkshopContext } from "../context.ts";
import { SUMMARY_COLUMNS, viewReplay, viewSummary } from "./replay-row.ts";

type ReadContext = Pick<WorkshopContext, "database">;

const LIST_MAX = 100;

/** Newest first: their ids sort by the time they were asked for. */
export async function listReplays(ctx: ReadContext): Promise<ReplaySummary[]> {
  const rows = await ctx.database.kysely
    .selectFrom("replays")
    .select(SUMMARY_COLUMNS)
    .orderBy("id", "desc")
    .limit(LIST_MAX)
    .execute();
  return rows.map(viewSummary);
}

/** @throws FirebreakError not_found */
export async function getReplay(ctx: ReadContext, id: string): Promise<ReplayView> {
  const row = await ctx.database.kysely
    .selectFrom("replays")
    .select([...SUMMARY_COLUMNS, "result"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (row !== undefined) return viewReplay(row);
  throw new FirebreakError("not_found", `There is no replay ${id}. Of those that ended, the newest are kept.`);
}
