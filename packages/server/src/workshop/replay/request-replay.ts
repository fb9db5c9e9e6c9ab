import { replayRequest } from "@firebreak/protocol";
import type { ReplayRequest, ReplayView } from "@firebreak/protocol";
import { toStorableJson } from "../../alerts/index.ts";
import { recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { dropOldestEnded, inTransaction, notifyLive, refuseTooMany } from "../../storage/index.ts";
import type { WorkshopContext } from "../context.ts";
import { SUMMARY_COLUMNS, viewReplay } from "./replay-row.ts";

export const REPLAY_TASK = "replay";

/**
 * Asks for stored events to be run against rules: those in force when it begins, or the files given. Nothing is raised.
 *
 * @throws FirebreakError conflict when too many wait; invalid_body
 */
export async function requestReplay(ctx: WorkshopContext, input: ReplayRequest): Promise<ReplayView> {
  const { from, to, ruleIds, rules } = replayRequest.parse(input);
  const id = ctx.newId("replay");
  const now = ctx.clock.now();
  if (Date.parse(from) >= now)
    throw new FirebreakError("invalid_body", "The range lies in the future: nothing is stored.");
  return inTransaction(ctx.database, async (trx) => {
    await refuseTooMany(trx, "replays", "replays");
    await dropOldestEnded(trx, "replays");
    const row = await trx
      .insertInto("replays")
      .values({
        id,
        state: "pending",
        range_from: from,
        range_to: to,
        rule_ids: ruleIds === undefined ? null : toStorableJson(ruleIds),
        rule_files: rules?.length ?? null,
        rules: rules === undefined ? null : toStorableJson(rules),
        requested_by: JSON.stringify(ctx.actor),
        requested_at: toIso(now),
        events: 0,
        matches: 0,
        share: 0,
      })
      .returning([...SUMMARY_COLUMNS, "result"])
      .executeTakeFirstOrThrow();
    const detail = { from, to, ruleIds: ruleIds ?? null, ruleFiles: rules?.map(({ name }) => name) ?? null };
    await recordAudit(trx, { at: now, actor: ctx.actor, action: "replay.request", target: id, detail });
    await ctx.work.enqueue(trx, REPLAY_TASK, { replayId: id }, { queue: REPLAY_TASK, key: id, maxAttempts: 5 });
    await notifyLive(trx, "replay", id);
    return viewReplay(row);
  });
}
