import type { Actor, RunView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { emitDomainEvent, inTransaction, notifyLive, toStoredText } from "../storage/index.ts";
import type { Schema } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import { changeStep, readRun } from "./journal.ts";
import type { RunRecord, StepChange, StepRecord } from "./journal.ts";
import { getRun } from "./list-runs.ts";
import { parseInput } from "./parse-input.ts";
import { planSteps } from "./plan.ts";
import { readPlaybook } from "./read-playbook.ts";
import { isEndedRun } from "./reasons.ts";

/** What a person says of a step that waits for them; `again` only for one that was interrupted. */
export const stepAnswer = z.strictObject({
  runId: z.string().max(64),
  stepId: z.string().max(64),
  result: z.enum(["done", "not_done", "skip", "again"]).default("done"),
  note: z.string().trim().min(1).max(2000),
});
export type StepAnswer = z.input<typeof stepAnswer>;

type AnswerContext = Pick<PlaybookVerbs, "database" | "clock" | "actor">;

/**
 * A person answers a manual step, or says what became of an interrupted one. The run goes on by itself.
 *
 * @throws FirebreakError not_found, conflict when the step does not wait or does not allow the answer
 */
export async function completeManualStep(ctx: AnswerContext, input: StepAnswer): Promise<RunView> {
  const answer = parseInput(stepAnswer, input);
  const run = await readRun(ctx.database, answer.runId);
  const known = findWaitingStep(run, answer.stepId);
  const change = { ...changeFor(run, known, answer.result), message: answer.note };
  const at = ctx.clock.now();
  const settled = { ...change, endedAt: change.state === "pending" ? null : at };
  await inTransaction(ctx.database, async (trx) => {
    if (!(await lockOpenRun(trx, run.id)))
      throw new FirebreakError("conflict", `run ${run.id} has ended or is being aborted`);
    if (!(await changeStep(trx, run.id, known, settled))) {
      throw new FirebreakError("conflict", `step ${known.stepId} was answered by somebody else; look at the run again`);
    }
    await tellAnswer(ctx, trx, run, known, { result: answer.result, note: answer.note, at });
    await emitDomainEvent(trx, { type: "run.requested", runId: run.id });
    await notifyLive(trx, "run", run.id);
  });
  return getRun(ctx.database, run.id);
}

/** Serialises the answer with the end and the abort of the run. */
async function lockOpenRun(trx: Transaction<Schema>, runId: string): Promise<boolean> {
  const row = await trx
    .selectFrom("playbook_runs")
    .select(["state", "abort"])
    .where("id", "=", runId)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined && row.abort === null && !isEndedRun(row.state);
}

function findWaitingStep(run: RunRecord, stepId: string): StepRecord {
  const step = run.steps.get(stepId);
  if (!step) throw new FirebreakError("not_found", `run ${run.id} has no step ${stepId}`);
  if (step.state === "waiting" || step.state === "interrupted") return step;
  throw new FirebreakError("conflict", `step ${stepId} waits for nobody: it is ${step.state.replaceAll("_", " ")}`);
}

function changeFor(run: RunRecord, known: StepRecord, result: z.output<typeof stepAnswer>["result"]): StepChange {
  switch (result) {
    case "done":
      return { state: "succeeded", reason: "done_by_person" };
    case "not_done":
      return { state: "failed", reason: "refused_by_person" };
    case "skip":
      if (!isRequired(run, known.stepId)) return { state: "skipped", reason: "skipped_by_person" };
      throw new FirebreakError("conflict", `step ${known.stepId} is required; answer that it is not done instead`);
    case "again":
      if (known.state === "interrupted") return { state: "pending", reason: null };
      throw new FirebreakError("conflict", `step ${known.stepId} was not interrupted, so it cannot run again`);
    default:
      return result satisfies never;
  }
}

function isRequired(run: RunRecord, stepId: string): boolean {
  const reading = readPlaybook(run.playbookId, run.playbookText);
  const planned = reading.ok ? planSteps(reading.document).find((candidate) => candidate.id === stepId) : undefined;
  return planned?.step.required ?? true;
}

async function tellAnswer(
  ctx: AnswerContext,
  trx: Transaction<Schema>,
  run: RunRecord,
  step: StepRecord,
  { result, note, at }: { readonly result: string; readonly note: string; readonly at: number },
): Promise<void> {
  const data = { runId: run.id, playbookId: run.playbookId, stepId: step.stepId, result, note: toStoredText(note) };
  const text = `${ctx.actor.name} answered the step ${step.stepId}: ${result.replaceAll("_", " ")} — ${data.note}`;
  const key = `run:${run.id}:${step.stepId}:answered:${step.attempts}`;
  if (run.incidentId !== null) {
    const entry = { incidentId: run.incidentId, key, at, kind: "playbook_step", source: "playbook", text, data };
    await addTimelineEntry(trx, ctx, entry);
  }
  await recordAudit(trx, { at, actor: ctx.actor, action: "playbook.answer_step", target: run.id, detail: data });
}

const EXPIRY_ACTOR: Actor = { kind: "daemon", id: "playbooks", name: "Firebreak" };
const EXPIRIES_MAX = 100;

/**
 * Times out manual steps whose time has run out; their runs go on as `onTimeout` says. For a daemon, every few seconds.
 *
 * @returns how many steps were timed out
 */
export async function expireManualSteps(ctx: Omit<AnswerContext, "actor">): Promise<number> {
  const now = ctx.clock.now();
  const due = await ctx.database.kysely
    .selectFrom("playbook_steps")
    .select(["run_id", "step_id"])
    .where("type", "=", "manual")
    .where("state", "=", "waiting")
    .where(sql<boolean>`(input ->> 'dueAt')::timestamptz <= to_timestamp(${now / 1000}::float8)`)
    .limit(EXPIRIES_MAX)
    .execute();
  let expired = 0;
  for (const { run_id: runId, step_id: stepId } of due) {
    if (await expireStep({ ...ctx, actor: EXPIRY_ACTOR }, runId, stepId, now)) expired += 1;
  }
  return expired;
}

async function expireStep(ctx: AnswerContext, runId: string, stepId: string, at: number): Promise<boolean> {
  const run = await readRun(ctx.database, runId);
  const known = run.steps.get(stepId);
  if (known?.state !== "waiting") return false;
  const note = "nobody answered within its time box";
  return inTransaction(ctx.database, async (trx) => {
    if (!(await lockOpenRun(trx, runId))) return false;
    const change = { state: "timed_out", reason: "time_box", message: note, endedAt: at } as const;
    if (!(await changeStep(trx, runId, known, change))) return false;
    await tellAnswer(ctx, trx, run, known, { result: "timed_out", note, at });
    await emitDomainEvent(trx, { type: "run.requested", runId });
    await notifyLive(trx, "run", runId);
    return true;
  });
}
