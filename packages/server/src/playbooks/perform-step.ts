import type { Boxed } from "../containment/index.ts";
import { messageOf } from "../kernel/index.ts";
import {
  JournalMoved,
  dueOfContainers,
  injectFault,
  noteStep,
  recordOf,
  tellLive,
  tellStory,
  writeStep,
} from "./execution.ts";
import type { Execution } from "./execution.ts";
import { beginAttempt } from "./journal.ts";
import { toStoredJson } from "../storage/index.ts";
import { prepareStep } from "./prepare-step.ts";
import type { CallOutcome } from "./call-outcome.ts";
import type { PlannedStep } from "./plan.ts";
import { stateOfFailure } from "./reasons.ts";
import type { FailureState, StepReason } from "./reasons.ts";
import { openTimeBox, pauseWithin, runWithin } from "../containment/index.ts";
import { writeResult } from "./write-result.ts";

/** How a step ended, before it is written down. */
export interface StepResult {
  readonly state: "succeeded" | FailureState;
  readonly reason: StepReason | null;
  readonly message: string;
  readonly output: Readonly<Record<string, unknown>>;
  readonly mayRetry: boolean;
}

/**
 * Runs an action or verify step: journal, act, journal. The attempt is committed before the effector is called, so
 * that a crash in between leaves a step that is known to have begun.
 *
 * @throws JournalMoved when the run is being aborted or another executor has the step
 */
export async function performStep(execution: Execution, planned: PlannedStep): Promise<void> {
  const preparation = prepareStep(execution, planned);
  if (!preparation.ok) {
    const { state, reason, message } = preparation;
    await endStep(execution, planned, { state, reason, message, output: {}, mayRetry: false });
    return;
  }
  const box = openTimeBox(boxOf(execution, planned));
  try {
    for (let tries = 0; ; tries++) {
      await startAttempt(execution, planned, preparation);
      const [boxed] = await Promise.all([runWithin(box, preparation.call), tellLive(execution)]);
      injectFault(execution, "step.applied", planned.id);
      const result = judge(execution, planned, boxed);
      const again = result.mayRetry && tries < planned.retries && !(await isAborting(execution));
      if (!again || !(await pauseWithin(box, planned.retryDelayMs * 2 ** tries))) {
        await endStep(execution, planned, result);
        return;
      }
    }
  } finally {
    box.close();
  }
}

/** A step has no longer than the steps around it have. */
function boxOf(execution: Execution, { id, timeBoxMs }: PlannedStep): number {
  const left = dueOfContainers(execution, id) - execution.ctx.clock.now();
  return Math.max(1, Math.min(timeBoxMs, left));
}

async function isAborting({ ctx, run }: Execution): Promise<boolean> {
  const row = await ctx.database.kysely
    .selectFrom("playbook_runs")
    .select("abort")
    .where("id", "=", run.id)
    .executeTakeFirst();
  return row === undefined || row.abort !== null;
}

async function startAttempt(
  execution: Execution,
  planned: PlannedStep,
  { input, inputJson }: { readonly input: Readonly<Record<string, unknown>>; readonly inputJson: string },
): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, planned.id);
  const attempts = known.attempts + 1;
  injectFault(execution, "step.before_begin", planned.id);
  const startedAt = ctx.clock.now();
  const attempt = { attempts, input: inputJson, startedAt, dueAt: startedAt + boxOf(execution, planned) };
  if (!(await beginAttempt(ctx.database, run.id, known, attempt))) throw new JournalMoved();
  noteStep(execution, known, { state: "running", reason: null, attempts, input });
  injectFault(execution, "step.begun", planned.id);
}

function judge(execution: Execution, planned: PlannedStep, boxed: Boxed<CallOutcome>): StepResult {
  switch (boxed.kind) {
    case "ended":
      return judgeOutcome(planned, boxed.value);
    case "threw":
      execution.ctx.logger.error("an effector threw", {
        runId: execution.run.id,
        stepId: planned.id,
        problem: messageOf(boxed.error),
      });
      return {
        state: planned.step.type === "verify" ? "unverified" : "failed",
        reason: "effector_threw",
        message: messageOf(boxed.error),
        output: {},
        mayRetry: true,
      };
    case "timed_out":
      reportLate(execution, planned, boxed.late);
      return {
        state: "timed_out",
        reason: "time_box",
        message: `not done within its time box of ${planned.step.timeBox}${boxed.value ? `: ${boxed.value.message}` : ""}`,
        output: boxed.value?.output ?? {},
        mayRetry: false,
      };
    default:
      return boxed satisfies never;
  }
}

function judgeOutcome(planned: PlannedStep, outcome: CallOutcome): StepResult {
  const { message } = outcome;
  if (outcome.ok) return { state: "succeeded", reason: null, message, output: outcome.output, mayRetry: false };
  const { reason, output = {} } = outcome;
  const state = stateOfFailure(reason);
  const isVerify = planned.step.type === "verify";
  return { state: isVerify ? "unverified" : state, reason, message, output, mayRetry: mayHelp(reason) };
}

/** A refusal, a target that is not there and a conflict stay what they are; the rest may be different next time. */
function mayHelp(reason: StepReason): boolean {
  return reason !== "denied" && reason !== "not_found" && reason !== "conflict" && reason !== "condition_failed";
}

function reportLate({ ctx, run }: Execution, planned: PlannedStep, late: Promise<Boxed<CallOutcome>>): void {
  const report = async () => {
    const boxed = await late;
    const outcome = boxed.kind === "ended" ? (boxed.value.ok ? "ok" : boxed.value.reason) : "threw";
    ctx.logger.warn("an effector ended after its time box", { runId: run.id, stepId: planned.id, outcome });
  };
  void report();
}

/** Writes down how a step ended, and tells it. */
export async function endStep(execution: Execution, planned: PlannedStep, result: StepResult): Promise<void> {
  const { ctx } = execution;
  const known = recordOf(execution, planned.id);
  const kept = toStoredJson(result.output);
  const message = kept === null ? `${result.message} (its output was too large to keep)` : result.message;
  const { state, reason } = result;
  const endedAt = ctx.clock.now();
  await writeResult(ctx, async (trx) => {
    await writeStep(execution, trx, known, {
      state,
      reason,
      message,
      output: kept ?? "{}",
      startedAt: endedAt,
      endedAt,
    });
    const text = `${planned.step.title}: ${state.replace("_", " ")}${message === "" ? "" : ` — ${message}`}`;
    const data = { state, reason, attempts: known.attempts };
    await tellStory(execution, trx, {
      key: `${planned.id}:${state}:${known.attempts}`,
      stepId: planned.id,
      text,
      data,
    });
  });
  void tellLive(execution);
  noteStep(execution, known, { state, reason, output: kept === null ? {} : result.output });
  injectFault(execution, "step.recorded", planned.id);
}
