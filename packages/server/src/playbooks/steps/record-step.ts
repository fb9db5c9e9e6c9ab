import type { StepState } from "@firebreak/protocol";
import { inTransaction, toStoredJson } from "../../storage/index.ts";
import type { Trx } from "../../storage/index.ts";
import { JournalMoved, injectFault, noteStep, recordOf, tellLive, tellStory, writeStep } from "../execution.ts";
import type { Execution } from "../execution.ts";
import { changeRun } from "../journal.ts";
import type { StepRecord } from "../journal.ts";
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

/** Begins a step that no effector does, and which needs nothing else to be written. @throws as {@link writeBegin} */
export async function recordBegin(execution: Execution, planned: PlannedStep, news: StepNews): Promise<void> {
  injectFault(execution, "step.before_begin", planned.id);
  const known = recordOf(execution, planned.id);
  const noted = await inTransaction(execution.ctx.database, (trx) => writeBegin(execution, trx, planned, news));
  void tellLive(execution);
  noteStep(execution, known, noted);
  injectFault(execution, "step.begun", planned.id);
}

/** Writes down what became of a step that has begun, when nothing else is to be written. */
export async function recordNews(execution: Execution, planned: PlannedStep, news: StepNews): Promise<void> {
  injectFault(execution, "step.applied", planned.id);
  const known = recordOf(execution, planned.id);
  const noted = await inTransaction(execution.ctx.database, (trx) => writeNews(execution, trx, planned, news));
  void tellLive(execution);
  noteStep(execution, known, noted);
  injectFault(execution, "step.recorded", planned.id);
}

/**
 * Begins a step that no effector does: its time box runs from now on. Who commits it calls `tellLive`.
 *
 * @returns what is known of the step once this is committed
 * @throws JournalMoved when the run may not go on, or somebody else has changed the step
 */
export async function writeBegin(
  execution: Execution,
  trx: Trx,
  planned: PlannedStep,
  news: StepNews,
): Promise<Partial<StepRecord>> {
  const known = recordOf(execution, planned.id);
  const startedAt = execution.ctx.clock.now();
  const running = { state: "running", reason: null, startedAt } as const;
  if (!(await changeRun(trx, execution.run.id, running, { unlessPaused: true }))) throw new JournalMoved();
  const times = { attempts: known.attempts + 1, startedAt, dueAt: startedAt + planned.timeBoxMs };
  await write(execution, trx, planned, news, times);
  return { ...known, ...changed(news), ...times, startedAt: known.startedAt ?? startedAt };
}

/** @returns what is known of the step once this is committed */
export async function writeNews(
  execution: Execution,
  trx: Trx,
  planned: PlannedStep,
  news: StepNews,
): Promise<Partial<StepRecord>> {
  await write(execution, trx, planned, news, {});
  return changed(news);
}

function changed({ state, reason, input, output }: StepNews): Partial<StepRecord> {
  return { state, reason, ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) };
}

async function write(
  execution: Execution,
  trx: Trx,
  planned: PlannedStep,
  { state, reason, said, input, output }: StepNews,
  times: { readonly attempts?: number; readonly startedAt?: number; readonly dueAt?: number },
): Promise<void> {
  const { ctx } = execution;
  const known = recordOf(execution, planned.id);
  const isOpen = state === "running" || state === "waiting";
  await writeStep(execution, trx, known, {
    state,
    reason,
    message: said,
    ...times,
    ...(input === undefined ? {} : { input: toStoredJson(input) ?? "{}" }),
    ...(output === undefined ? {} : { output: toStoredJson(output) ?? "{}" }),
    endedAt: isOpen ? null : ctx.clock.now(),
  });
  const text = `${planned.step.title}: ${state.replaceAll("_", " ")}${said === "" ? "" : ` — ${said}`}`;
  const key = `${planned.id}:${state}:${times.attempts ?? known.attempts}`;
  await tellStory(execution, trx, { key, stepId: planned.id, text, data: { state, reason } });
}
