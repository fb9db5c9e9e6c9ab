import type { RunView } from "@firebreak/protocol";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, notifyLive, toStoredJson } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import { getRun } from "./list-runs.ts";
import { parseInput } from "./parse-input.ts";
import { isEndedRun } from "./reasons.ts";

export const runSignal = z.strictObject({
  runId: z.string().max(64),
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, "use a signal's name from the playbook"),
  body: z.record(z.string().max(100), z.unknown()).default({}),
});

const SIGNALS_MAX = 100;

/**
 * Tells a run something that a step waits for, or will wait for. The same signal with the same body changes nothing.
 *
 * @throws FirebreakError not_found; conflict when the run has ended, or the signal came with another body; invalid_body
 */
export async function signalRun(
  ctx: Pick<PlaybookVerbs, "database" | "clock" | "actor">,
  input: z.input<typeof runSignal>,
): Promise<RunView> {
  const { runId, name, body } = parseInput(runSignal, input);
  const json = toStoredJson(body);
  if (json === null) throw new FirebreakError("invalid_body", "the signal's body is too large to keep");
  await inTransaction(ctx.database, async (trx) => {
    await lockOpenRun(trx, runId);
    if (await isThere(trx, runId, name, json)) return;
    const at = ctx.clock.now();
    const row = { run_id: runId, name, body: json, actor: JSON.stringify(ctx.actor), at: toIso(at) };
    await trx.insertInto("playbook_signals").values(row).execute();
    await recordAudit(trx, {
      at,
      actor: ctx.actor,
      action: "playbook.signal_run",
      target: runId,
      detail: { name, body },
    });
    await emitDomainEvent(trx, { type: "run.requested", runId });
    await notifyLive(trx, "run", runId);
  });
  return getRun(ctx.database, runId);
}

async function lockOpenRun(trx: Trx, runId: string): Promise<void> {
  const run = await trx
    .selectFrom("playbook_runs")
    .select(["state", "abort"])
    .where("id", "=", runId)
    .forUpdate()
    .executeTakeFirst();
  if (!run) throw new FirebreakError("not_found", `there is no run ${runId}`);
  if (run.abort === null && !isEndedRun(run.state)) return;
  throw new FirebreakError("conflict", `run ${runId} has ended or is being aborted`);
}

/** @returns whether the same was told before */
async function isThere(trx: Trx, runId: string, name: string, json: string): Promise<boolean> {
  const known = await trx.selectFrom("playbook_signals").select(["name", "body"]).where("run_id", "=", runId).execute();
  const same = known.find((signal) => signal.name === name);
  if (same) {
    if (isSameJson(same.body, JSON.parse(json))) return true;
    throw new FirebreakError("conflict", `run ${runId} was told ${name} before, with another body`);
  }
  if (known.length < SIGNALS_MAX) return false;
  throw new FirebreakError("conflict", `run ${runId} was told ${SIGNALS_MAX} signals, which is the most it takes`);
}

/** jsonb keeps no order of keys. */
function isSameJson(one: unknown, other: unknown): boolean {
  const sorted = (_key: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}
