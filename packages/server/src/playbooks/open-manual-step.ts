import { inTransaction } from "../storage/index.ts";
import { toIso } from "../kernel/index.ts";
import { JournalMoved, noteStep, recordOf, tellLive, tellStory, writeStep } from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { ManualStep } from "./format.ts";
import { changeRun } from "./journal.ts";
import type { PlannedStep } from "./plan.ts";
import { fillProse } from "./prose.ts";
import { scopeAt } from "./scope.ts";
import { askedInput } from "./waiting-step.ts";

/** Asks a person; the run waits until somebody answers or the step's time runs out. */
export async function openManualStep(execution: Execution, planned: PlannedStep, step: ManualStep): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, planned.id);
  const startedAt = ctx.clock.now();
  const dueAt = toIso(startedAt + planned.timeBoxMs);
  const { checklist, capture } = step;
  const instructions = fillProse(step.instructions, scopeAt(execution, planned.id));
  const input = { instructions, dueAt, checklist, capture, ...askedInput(planned.asks, startedAt) };
  await inTransaction(ctx.database, async (trx) => {
    const waiting = { state: "waiting", reason: "manual_step", startedAt } as const;
    if (!(await changeRun(trx, run.id, waiting, { unlessPaused: true }))) throw new JournalMoved();
    const attempts = known.attempts + 1;
    const change = {
      state: "waiting",
      reason: "waiting_for_person",
      attempts,
      input: JSON.stringify(input),
      startedAt,
      dueAt: startedAt + planned.timeBoxMs,
    } as const;
    await writeStep(execution, trx, known, change);
    const whom = planned.asks?.role?.title ?? "a person";
    const story = {
      key: `${planned.id}:waiting:${attempts}`,
      stepId: planned.id,
      text: `${step.title}: waits for ${whom} until ${dueAt}`,
    };
    await tellStory(execution, trx, { ...story, data: { state: "waiting", dueAt } });
  });
  void tellLive(execution);
  const dueAtMs = startedAt + planned.timeBoxMs;
  noteStep(execution, known, {
    state: "waiting",
    reason: "waiting_for_person",
    attempts: known.attempts + 1,
    input,
    dueAt: dueAtMs,
  });
}
