import type { RunView } from "@firebreak/protocol";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, notifyLive, toStoredText } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import { readRun } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { parseInput } from "./parse-input.ts";

export const abortRequest = z.strictObject({
  runId: z.string().max(64),
  reason: z.string().trim().min(3).max(1000),
});

/**
 * Asks that a run stop before its next step and undo what its steps say may be undone. The executor does both; the
 * answer shows the run as it is now. Asking again changes nothing.
 *
 * @throws FirebreakError not_found, conflict when the run has ended
 */
export async function abortRun(
  ctx: Pick<PlaybookVerbs, "database" | "clock" | "actor">,
  input: z.input<typeof abortRequest>,
): Promise<RunView> {
  const request = parseInput(abortRequest, input);
  const { runId } = request;
  const reason = toStoredText(request.reason);
  const at = ctx.clock.now();
  const asked = await inTransaction(ctx.database, async (trx) => {
    const result = await trx
      .updateTable("playbook_runs")
      .set({ abort: JSON.stringify({ actor: ctx.actor, reason, at: toIso(at) }) })
      .where("id", "=", runId)
      .where("state", "in", ["pending", "running", "waiting"])
      .where("abort", "is", null)
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) return false;
    await recordAudit(trx, { at, actor: ctx.actor, action: "playbook.abort_run", target: runId, detail: { reason } });
    await emitDomainEvent(trx, { type: "run.requested", runId });
    await notifyLive(trx, "run", runId);
    return true;
  });
  const run = await readRun(ctx.database, runId);
  if (!asked && run.abort === null) {
    throw new FirebreakError("conflict", `run ${runId} has ended already: it is ${run.state.replaceAll("_", " ")}`);
  }
  return getRun(ctx.database, runId);
}
