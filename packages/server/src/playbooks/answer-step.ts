import type { Actor, Role, RunView } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";
import {
  anyRow,
  emitDomainEvent,
  inTransaction,
  instant,
  notifyLive,
  toStoredJson,
  toStoredText,
} from "../storage/index.ts";
import type { DueCondition, Instant, Schema } from "../storage/index.ts";
import { changeStep, readRun } from "./journal.ts";
import type { RunRecord, StepChange, StepRecord } from "./journal.ts";
import type { PlaybookVerbs } from "./context.ts";
import { carryOutChoice, changeForChoice, readChoice } from "./steps/choice.ts";
import { getRun } from "./list-runs.ts";
import { parseInput } from "./parse-input.ts";
import { isRequired } from "./pass-over-step.ts";
import { isOpen, lockOpenRun } from "./tell-control.ts";
import type { ControlContext } from "./tell-control.ts";
import { toldOutput } from "./told-output.ts";
import { checkManualAnswer, refuseWithoutRole, waitingInput } from "./waiting-step.ts";

/** What a person says of a step that waits for them; `again` only for one that was interrupted. */
export const stepAnswer = z.strictObject({
  runId: z.string().max(64),
  stepId: z.string().max(300),
  result: z.enum(["done", "not_done", "skip", "again"]).default("done"),
  note: z.string().trim().min(1).max(2000),
  /** the lines of the check-list that were ticked; for `done`, all of them */
  checked: z.array(z.string().max(300)).max(30).default([]),
  /** what the person wrote down, by the names that the step captures; of one that was interrupted, what later steps read of it */
  captured: z.record(z.string().max(60), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** what was decided: the id of one of the decision's options */
  option: z.string().max(60).optional(),
});
export type StepAnswer = z.input<typeof stepAnswer>;

type AnswerContext = ControlContext;

/**
 * A person answers a manual step, or says what became of an interrupted one. The run goes on by itself.
 *
 * @throws FirebreakError not_found; forbidden when the step asks another role; conflict when it does not wait or does not allow
 *   the answer; invalid_body when something is not ticked or not captured as asked
 */
export async function completeManualStep(
  ctx: AnswerContext & Pick<PlaybookVerbs, "newId" | "logger"> & { readonly access: Role; readonly profile: Profile },
  input: StepAnswer,
): Promise<RunView> {
  const answer = parseInput(stepAnswer, input);
  const run = await readRun(ctx.database, answer.runId);
  const known = findWaitingStep(run, answer.stepId);
  const choice = readChoice(run, known, answer);
  const decided = choice === null ? null : changeForChoice(choice, ctx.actor);
  const change = { ...(decided ?? changeFor(run, known, answer)), message: answer.note };
  refuseWithoutRole(known.stepId, waitingInput.parse(known.input), ctx.access);
  const at = ctx.clock.now();
  const isOpenStill = change.state === "pending" || change.state === "running";
  const settled = { ...change, endedAt: isOpenStill ? null : at };
  await inTransaction(ctx.database, async (trx) => {
    await lockOpenRun(trx, run.id);
    if (!(await changeStep(trx, run.id, known, settled))) {
      throw new FirebreakError("conflict", `step ${known.stepId} was answered by somebody else; look at the run again`);
    }
    if (choice) await carryOutChoice(trx, ctx, { run, actor: ctx.actor }, known.stepId, choice.option);
    const result = choice ? `${choice.option.id}, ${choice.option.label}` : answer.result;
    await tellAnswer(ctx, trx, run, known, { result, note: answer.note, at });
    await emitDomainEvent(trx, { type: "run.requested", runId: run.id });
    await notifyLive(trx, "run", run.id);
  });
  return getRun(ctx.database, run.id);
}

function findWaitingStep(run: RunRecord, stepId: string): StepRecord {
  const step = run.steps.get(stepId);
  if (!step) throw new FirebreakError("not_found", `run ${run.id} has no step ${stepId}`);
  if (step.state === "waiting" || step.state === "interrupted") return step;
  throw new FirebreakError("conflict", `step ${stepId} waits for nobody: it is ${step.state.replaceAll("_", " ")}`);
}

function changeFor(run: RunRecord, known: StepRecord, answer: z.output<typeof stepAnswer>): StepChange {
  const { result } = answer;
  switch (result) {
    case "done": {
      const succeeded = { state: "succeeded", reason: "done_by_person" } as const;
      if (known.state !== "waiting") {
        const output = toldOutput(run, known, answer.captured);
        return { ...succeeded, output: toStoredJson(output) ?? "{}" };
      }
      const output = checkManualAnswer(known.stepId, waitingInput.parse(known.input), answer);
      return { ...succeeded, output: toStoredJson(output) ?? "{}" };
    }
    case "not_done":
      return { state: "failed", reason: "refused_by_person" };
    case "skip":
      if (!isRequired(run, known.stepId)) return { state: "skipped", reason: "skipped_by_person" };
      throw new FirebreakError(
        "conflict",
        `step ${known.stepId} is required; answer that it is not done, or have a commander skip it with a reason`,
      );
    case "again":
      if (known.state === "interrupted") return { state: "pending", reason: null };
      throw new FirebreakError("conflict", `step ${known.stepId} was not interrupted, so it cannot run again`);
    default:
      return result satisfies never;
  }
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

const overdue = (kysely: Kysely<Schema>, now: Instant) =>
  kysely
    .selectFrom("playbook_steps")
    .where("state", "=", "waiting")
    .where("reason", "=", "waiting_for_person")
    .where(sql<boolean>`(input ->> 'dueAt')::timestamptz <= ${now}`);

/** Whether {@link expireManualSteps} would time one out. */
export const isManualStepDue: DueCondition = (kysely, now) => anyRow(overdue(kysely, now));

/**
 * Times out manual steps whose time has run out; their runs go on as `onTimeout` says. For a daemon, every few seconds.
 *
 * @returns how many steps were timed out
 */
export async function expireManualSteps(ctx: Omit<AnswerContext, "actor">): Promise<number> {
  const now = ctx.clock.now();
  const due = await overdue(ctx.database.kysely, instant(now))
    .select(["run_id", "step_id"])
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
    if (!(await isOpen(trx, runId))) return false;
    const change = { state: "timed_out", reason: "time_box", message: note, endedAt: at } as const;
    if (!(await changeStep(trx, runId, known, change))) return false;
    await tellAnswer(ctx, trx, run, known, { result: "timed_out", note, at });
    await emitDomainEvent(trx, { type: "run.requested", runId });
    await notifyLive(trx, "run", runId);
    return true;
  });
}
