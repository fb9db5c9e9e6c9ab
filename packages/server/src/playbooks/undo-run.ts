import type { Effector } from "../containment/index.ts";
import { messageOf } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import {
  effectorContext,
  injectFault,
  noteStep,
  plannedOf,
  recordOf,
  tellLive,
  tellStory,
  writeStep,
} from "./execution.ts";
import type { Execution } from "./execution.ts";
import type { StepRecord } from "./journal.ts";
import type { PlannedStep } from "./plan.ts";
import { isContainer } from "./next-moves.ts";
import { callWithSecrets } from "./prepare-call.ts";
import type { StepReason } from "./reasons.ts";
import { openTimeBox, runWithin } from "../containment/index.ts";
import { writeResult } from "./write-result.ts";

/** What an abort does with one step. */
type UndoMove = "nothing" | "undo" | "impossible" | "interrupted";

/**
 * Undoes what the run has done, last step first, as far as its steps say `undo: auto`. Every undo is written down
 * before and after, so a crash repeats at most one, and undo bears being repeated. One that fails does not stop the
 * others.
 *
 * @param phase only the steps of this phase; null: all
 * @returns true when nothing that should be undone is still in effect
 */
export async function undoRun(execution: Execution, phase: string | null): Promise<boolean> {
  let complete = true;
  for (const planned of lastFirst(execution, phase)) {
    const move = decideUndo(planned, recordOf(execution, planned.id));
    if (move === "undo") complete = (await undoStep(execution, planned)) && complete;
    if (move === "impossible") await giveUpUndo(execution, planned);
    if (move === "interrupted") await noteInterrupted(execution, planned);
    const { reason } = recordOf(execution, planned.id);
    if (reason === "undo_failed" || reason === "undo_not_possible") complete = false;
  }
  return complete;
}

/** Steps that acted, in the reverse order of their last attempts, also of those that acted at the same time. */
function lastFirst(execution: Execution, phase: string | null): PlannedStep[] {
  const acted = [...execution.steps.values()].filter(
    (record) => record.attempts > 0 && (phase === null || record.phase === phase),
  );
  return acted
    .toSorted((one, other) => (other.acted ?? 0) - (one.acted ?? 0) || other.position - one.position)
    .map((record) => plannedOf(execution, record.stepId));
}

/** What undo has said of a step, and says once. */
const SETTLED: readonly StepRecord["reason"][] = ["undo_failed", "undo_not_possible", "nothing_to_undo"];

/**
 * A step that succeeded, or left an output, can be undone with it. A step that was running when its executor died, or
 * timed out without a word, may have had an effect that nobody knows: that is said, not guessed.
 */
export function decideUndo({ step }: PlannedStep, record: StepRecord): UndoMove {
  const automatic = step.type === "action" && step.undo === "auto";
  const settled = SETTLED.includes(record.reason);
  if (settled) return "nothing";
  if (record.state === "running" && isContainer(step)) return "nothing";
  if (record.state === "running") return automatic ? "impossible" : "interrupted";
  if (!automatic) return "nothing";
  if (record.state === "succeeded" || record.reason === "undoing") return "undo";
  const hasOutput = Object.keys(record.output).length > 0;
  switch (record.state) {
    case "failed":
    case "denied":
    case "unverified":
      return hasOutput ? "undo" : "nothing";
    case "timed_out":
    case "interrupted":
      return hasOutput ? "undo" : "impossible";
    case "skipped":
      // a person passed over a step that had acted, or may have
      if (hasOutput) return "undo";
      return record.reason === "may_have_acted" ? "impossible" : "nothing";
    case "pending":
    case "waiting":
      // what an earlier attempt left behind
      return hasOutput ? "undo" : "nothing";
    case "undone":
      return "nothing";
    default:
      return record.state satisfies never;
  }
}

async function undoStep(execution: Execution, planned: PlannedStep): Promise<boolean> {
  const { ctx } = execution;
  const { step } = planned;
  const effector = step.type === "action" ? ctx.effectors.get(step.effector) : undefined;
  if (!effector) {
    await endUndo(execution, planned, { ok: false, message: "nothing here provides the effector any more" });
    return false;
  }
  await beginUndo(execution, planned);
  const outcome = await callUndo(execution, planned, effector);
  injectFault(execution, "undo.applied", planned.id);
  await endUndo(execution, planned, outcome);
  injectFault(execution, "undo.recorded", planned.id);
  return outcome.ok;
}

async function beginUndo(execution: Execution, planned: PlannedStep): Promise<void> {
  const known = recordOf(execution, planned.id);
  if (known.reason !== "undoing") {
    await inTransaction(execution.ctx.database, (trx) =>
      writeStep(execution, trx, known, { state: known.state, reason: "undoing" }),
    );
    noteStep(execution, known, { reason: "undoing" });
  }
  injectFault(execution, "undo.begun", planned.id);
}

interface Undone {
  readonly ok: boolean;
  readonly message: string;
  /** there was nothing that it could take back */
  readonly stays?: true;
}

async function callUndo(execution: Execution, planned: PlannedStep, effector: Effector): Promise<Undone> {
  const { input, output } = recordOf(execution, planned.id);
  const box = openTimeBox(planned.timeBoxMs);
  try {
    const call = { effector, input, template: planned.step.type === "action" ? planned.step.with : {} };
    const boxed = await runWithin(box, (signal) =>
      callWithSecrets(
        execution,
        planned.id,
        call,
        effectorContext(execution, planned.id, signal),
        (one, ctx, parameters) => one.undo(ctx, parameters, output),
      ),
    );
    if (boxed.kind === "ended") return boxed.value;
    if (boxed.kind === "threw") return { ok: false, message: messageOf(boxed.error) };
    return { ok: false, message: `not undone within its time box of ${planned.step.timeBox}` };
  } finally {
    box.close();
  }
}

async function endUndo(execution: Execution, planned: PlannedStep, outcome: Undone): Promise<void> {
  const { state } = recordOf(execution, planned.id);
  if (outcome.ok && outcome.stays === true)
    await settleUndo(execution, planned, { state, reason: "nothing_to_undo" }, outcome.message);
  else if (outcome.ok)
    await settleUndo(execution, planned, { state: "undone", reason: "run_aborted" }, outcome.message);
  else await settleUndo(execution, planned, { state, reason: "undo_failed" }, `not undone: ${outcome.message}`);
}

async function giveUpUndo(execution: Execution, planned: PlannedStep): Promise<void> {
  const { state } = recordOf(execution, planned.id);
  const message = "nobody knows whether this step took effect; look, and undo it by hand";
  const change = { state: state === "running" ? "interrupted" : state, reason: "undo_not_possible" } as const;
  await settleUndo(execution, planned, change, message);
}

/** It was running when its executor died, and its playbook says that there is nothing to undo. */
async function noteInterrupted(execution: Execution, planned: PlannedStep): Promise<void> {
  const change = { state: "interrupted", reason: "run_aborted" } as const;
  await settleUndo(execution, planned, change, "Firebreak died while this step ran; it may have taken effect");
}

async function settleUndo(
  execution: Execution,
  planned: PlannedStep,
  change: { readonly state: StepRecord["state"]; readonly reason: StepReason },
  message: string,
): Promise<void> {
  const { ctx } = execution;
  const known = recordOf(execution, planned.id);
  await writeResult(ctx, async (trx) => {
    await writeStep(execution, trx, known, { ...change, message, endedAt: ctx.clock.now() });
    const text = `${planned.step.title}: ${wordsOf(change)} — ${message}`;
    await tellStory(execution, trx, { key: `${planned.id}:${change.reason}`, stepId: planned.id, text, data: change });
  });
  void tellLive(execution);
  noteStep(execution, known, change);
}

function wordsOf({ state, reason }: { readonly state: StepRecord["state"]; readonly reason: StepReason }): string {
  if (state === "undone") return "undone";
  if (reason === "nothing_to_undo") return "nothing to undo";
  return reason === "run_aborted" ? "interrupted" : "NOT undone";
}
