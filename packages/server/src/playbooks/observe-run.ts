import { inTransaction, toStoredJson } from "../storage/index.ts";
import { JournalMoved, noteStep, recordOf, tellLive, tellStory, writeStep } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { finishRun } from "./finish-run.ts";
import { changeRun } from "./journal.ts";
import { previewSteps } from "./preview-steps.ts";
import type { StepPreview } from "./preview-steps.ts";
import type { RunBooks } from "./run-books.ts";

/**
 * Goes through a run that only observes: every step says into journal and timeline what it would do, as things stand, and does
 * nothing. After a crash it goes on with the steps that have not said it.
 */
export async function observeRun(execution: Execution, books: RunBooks): Promise<ReturnType<typeof finishRun>> {
  const { ctx, run, actor } = execution;
  const previews = await previewSteps(ctx, {
    actor,
    document: books.document,
    called: books.called,
    inputs: run.inputs,
    incidentId: run.incidentId,
    runId: run.id,
  });
  for (const preview of previews) {
    if (execution.steps.get(preview.id)?.state === "pending") await observeStep(execution, preview);
  }
  return finishRun(execution, { state: "observed", reason: null });
}

async function observeStep(execution: Execution, preview: StepPreview): Promise<void> {
  const { ctx, run } = execution;
  const known = recordOf(execution, preview.id);
  const now = ctx.clock.now();
  const message = wouldHave(preview);
  const change = { state: "skipped", reason: "observed" } as const;
  await inTransaction(ctx.database, async (trx) => {
    const running = { state: "running", reason: null, startedAt: now } as const;
    if (!(await changeRun(trx, run.id, running, { unlessPaused: true }))) throw new JournalMoved();
    const input = toStoredJson(preview.input) ?? "{}";
    await writeStep(execution, trx, known, { ...change, message, input, endedAt: now });
    const text = `${preview.title}: would have — ${message}`;
    await tellStory(execution, trx, { key: `${preview.id}:observed`, stepId: preview.id, text, data: change });
  });
  void tellLive(execution);
  noteStep(execution, known, change);
}

function wouldHave({ type, when, asks, doing, preview, note, stays }: StepPreview): string {
  const condition = when === null ? "" : `when ${when}: `;
  if (type !== "action") return `${condition}${note}`;
  const changes = preview?.changes.join("; ") ?? "";
  const parts = [changes === "" ? doing : changes, note, stays === null ? "" : `not undone: ${stays}`];
  const asked = asks === null ? "" : ` (would ask ${asks.role ?? "a person"} first)`;
  return `${condition}${parts.filter((part) => part !== "").join(" — ")}${asked}`;
}
