import type { StepState } from "@firebreak/protocol";
import { inTransaction, notifyLive, toStoredJson } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import { JournalMoved, injectFault, noteStep, recordOf, tellStory, writeStep } from "../execution.ts";
import type { Execution } from "../execution.ts";
import { changeRun } from "../journal.ts";
import type { PlannedStep } from "../plan.ts";
import type { StepReason } from "../reasons.ts";

/** What becomes of a step that no effector does. */
export interface StepNews {
  readonly state: StepState;
  readonly reason: StepReason | null;
  /** for people: what happened, after the step's title */
  readonly said: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
}

/**
 * Begins a step that no effector does: its time box runs from now on.
 *
 * @param more what is written in the same transaction
 * @throws JournalMoved when the run may not go on, or somebody else has changed the step
 */
export async function recordBegin(
  execution: Execution,
  planned: PlannedStep,
  news: StepNews,
  more?: (trx: Trx) => Promise<void>,
): Promise<void> {
  injectFault(execution, "step.before_begin", planned.id);
  const now = execution.ctx.clock.now();
  const attempts = recordOf(execution, planned.id).attempts + 1;
  const times = { attempts, startedAt: now, dueAt: now + planned.timeBoxMs };
  await record(execution, planned, news, times, async (trx) => {
    const running = { state: "running", reason: null, startedAt: now } as const;
    if (!(await changeRun(trx, execution.run.id, running, { unlessPaused: true }))) throw new JournalMoved();
    await more?.(trx);
  });
  injectFault(execution, "step.begun", planned.id);
}

/** Writes down what became of a step that has begun. */
export async function recordNews(
  execution: Execution,
  planned: PlannedStep,
  news: StepNews,
  more?: (trx: Trx) => Promise<void>,
): Promise<void> {
  injectFault(execution, "step.applied", planned.id);
  await record(execution, planned, news, {}, more);
  injectFault(execution, "step.recorded", planned.id);
}

async function record(
  execution: Execution,
  planned: PlannedStep,
  { state, reason, said, input, output }: StepNews,
  times: { readonly attempts?: number; readonly startedAt?: number; readonly dueAt?: number },
  more?: (trx: Trx) => Promise<void>,
): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, planned.id);
  const isOpen = state === "running" || state === "waiting";
  const attempts = times.attempts ?? known.attempts;
  await inTransaction(ctx.database, async (trx) => {
    await writeStep(execution, trx, known, {
      state,
      reason,
      message: said,
      ...times,
      ...(input === undefined ? {} : { input: toStoredJson(input) ?? "{}" }),
      ...(output === undefined ? {} : { output: toStoredJson(output) ?? "{}" }),
      endedAt: isOpen ? null : ctx.clock.now(),
    });
    await more?.(trx);
    const text = `${planned.step.title}: ${state.replaceAll("_", " ")}${said === "" ? "" : ` — ${said}`}`;
    const key = `${planned.id}:${state}:${attempts}`;
    await tellStory(execution, trx, { key, stepId: planned.id, text, data: { state, reason } });
    await notifyLive(trx, "run", run.id);
  });
  noteStep(execution, known, {
    state,
    reason,
    attempts,
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(times.startedAt === undefined ? {} : { startedAt: known.startedAt ?? times.startedAt }),
    ...(times.dueAt === undefined ? {} : { dueAt: times.dueAt }),
  });
}
