import type { Actor } from "@firebreak/protocol";
import type { Transaction } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import type { EffectorContext } from "../containment/index.ts";
import type { Schema } from "../storage/index.ts";
import type { FaultPoint, RunContext } from "./context.ts";
import { changeStep, readRun } from "./journal.ts";
import type { RunRecord, StepChange, StepRecord } from "./journal.ts";
import { toStoredText } from "../storage/index.ts";
import type { StepFacts } from "./next-move.ts";
import { planSteps } from "./plan.ts";
import type { PlannedStep } from "./plan.ts";
import { readPlaybook } from "./read-playbook.ts";

/** Somebody else has written into the journal: read it again and decide anew. */
export class JournalMoved extends Error {
  override readonly name = "JournalMoved";
}

/** One executor's view of one run, brought up to date by its own writes. */
export interface Execution {
  readonly ctx: RunContext;
  readonly run: RunRecord;
  /** null when this version cannot read the text the run began with */
  readonly plan: readonly PlannedStep[] | null;
  readonly actor: Actor;
  readonly steps: Map<string, StepRecord>;
  /** the steps of the playbook that a row of a sub-playbook step calls, or of the run's own */
  planIn(call: string | null): readonly PlannedStep[];
}

const PLANS_MAX = 100;
/** Plans by the hash of their text: reading one takes milliseconds, which containment has not. */
const plans = new Map<string, readonly PlannedStep[]>();

function planOf(run: RunRecord): readonly PlannedStep[] | null {
  const known = plans.get(run.playbookHash);
  if (known) return known;
  const reading = readPlaybook(run.playbookId, run.playbookText);
  if (!reading.ok) return null;
  const plan = planSteps(reading.document);
  if (plans.size >= PLANS_MAX) plans.clear();
  plans.set(run.playbookHash, plan);
  return plan;
}

export async function openExecution(ctx: RunContext, runId: string): Promise<Execution> {
  const run = await readRun(ctx.database, runId);
  const actor: Actor = { kind: "playbook", id: run.playbookId, name: run.playbookTitle };
  const plan = planOf(run);
  return { ctx, run, plan, actor, steps: new Map(run.steps), planIn: () => plan ?? [] };
}

export function recordOf(execution: Execution, stepId: string): StepRecord {
  const record = execution.steps.get(stepId);
  if (!record) throw new Error(`run ${execution.run.id} has no journal row for its step ${stepId}`);
  return record;
}

export function plannedOf(execution: Execution, stepId: string): PlannedStep {
  const planned = execution.plan?.find((candidate) => candidate.id === stepId);
  if (!planned) throw new Error(`the playbook of run ${execution.run.id} has no step ${stepId}`);
  return planned;
}

export function factsOf(execution: Execution, plan: readonly PlannedStep[]): StepFacts[] {
  return plan.map(({ id, step, onFailure, onTimeout }) => {
    const { state, reason } = recordOf(execution, id);
    return { id, type: step.type, required: step.required, onFailure, onTimeout, state, reason };
  });
}

export function injectFault(execution: Execution, point: FaultPoint, stepId: string | null): void {
  execution.ctx.fault?.(point, stepId);
}

/** Steps act in the playbook's name; an undo acts for the person who aborted the run, who alone may lift a stop. */
export function effectorContext(execution: Execution, stepId: string, signal: AbortSignal): EffectorContext {
  const { ctx, run } = execution;
  const actor = run.abort?.actor ?? execution.actor;
  const { home, clock, newId, logger } = ctx;
  return {
    home,
    clock,
    newId,
    logger,
    actor,
    incidentId: run.incidentId,
    runId: run.id,
    stepId,
    expiresAt: null,
    signal,
  };
}

/** Writes a step's change. @throws JournalMoved when the step is no longer as this executor knows it */
export async function writeStep(
  execution: Execution,
  trx: Transaction<Schema>,
  known: StepRecord,
  change: StepChange,
): Promise<void> {
  if (!(await changeStep(trx, execution.run.id, known, change))) throw new JournalMoved();
}

/** After the commit: what this executor now knows of the step. */
export function noteStep(execution: Execution, known: StepRecord, change: Partial<StepRecord>): void {
  execution.steps.set(known.stepId, { ...known, ...change });
}

export interface Story {
  /** makes the entry unique within its run */
  readonly key: string;
  readonly stepId: string | null;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Tells what happened: incident timeline and audit log, in the transaction of the change. */
export async function tellStory(execution: Execution, trx: Transaction<Schema>, story: Story): Promise<void> {
  const { ctx, run, actor } = execution;
  const { stepId, data } = story;
  const at = ctx.clock.now();
  const text = toStoredText(story.text);
  if (run.incidentId !== null) {
    const kind = stepId === null ? "playbook_run" : "playbook_step";
    const details = { runId: run.id, playbookId: run.playbookId, stepId, ...data };
    const key = `run:${run.id}:${story.key}`;
    const entry = { incidentId: run.incidentId, key, at, kind, source: "playbook", text, data: details };
    await addTimelineEntry(trx, { actor, clock: ctx.clock }, entry);
  }
  const action = stepId === null ? "playbook.run" : "playbook.step";
  await recordAudit(trx, { at, actor, action, target: run.id, detail: { stepId, text, ...data } });
}
