import type { Actor } from "@firebreak/protocol";
import type { Transaction } from "kysely";
import { recordAudit } from "../audit/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import type { EffectorContext } from "../containment/index.ts";
import type { Schema } from "../storage/index.ts";
import type { FaultPoint, RunContext } from "./context.ts";
import { changeStep, readRun, readSignals } from "./journal.ts";
import type { RunRecord, StepChange, StepRecord } from "./journal.ts";
import { messageOf } from "../kernel/index.ts";
import { notifyLive, toStoredText } from "../storage/index.ts";
import type { PlannedStep } from "./plan.ts";
import { openBooks } from "./run-books.ts";
import type { RunBooks } from "./run-books.ts";

/** Somebody else has written into the journal: read it again and decide anew. */
export class JournalMoved extends Error {
  override readonly name = "JournalMoved";
}

/** One executor's view of one run, brought up to date by its own writes. */
export interface Execution {
  readonly ctx: RunContext;
  /** replaced when somebody else has written into the journal */
  run: RunRecord;
  /** null when this version cannot read a text that the run began with */
  readonly books: RunBooks | null;
  readonly actor: Actor;
  readonly steps: Map<string, StepRecord>;
  /** what the run was told, by the signal's name */
  signals: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

export async function openExecution(ctx: RunContext, runId: string): Promise<Execution> {
  const [run, signals] = await Promise.all([readRun(ctx.database, runId), readSignals(ctx.database, runId)]);
  const actor: Actor = { kind: "playbook", id: run.playbookId, name: run.playbookTitle };
  return { ctx, run, books: openBooks(run), actor, steps: new Map(run.steps), signals };
}

/** Reads the journal again; steps that this process is at stay as it knows them. */
export async function refreshExecution(execution: Execution, busy: ReadonlySet<string>): Promise<void> {
  const { ctx, run } = execution;
  const [fresh, signals] = await Promise.all([readRun(ctx.database, run.id), readSignals(ctx.database, run.id)]);
  execution.run = fresh;
  execution.signals = signals;
  for (const [stepId, record] of fresh.steps) if (!busy.has(stepId)) execution.steps.set(stepId, record);
}

export function recordOf(execution: Execution, stepId: string): StepRecord {
  const record = execution.steps.get(stepId);
  if (!record) throw new Error(`run ${execution.run.id} has no journal row for its step ${stepId}`);
  return record;
}

/** @returns what the playbook says of the step whose row that is; its id is the row's */
export function plannedOf(execution: Execution, rowId: string): PlannedStep {
  const planned = execution.books?.find(rowId);
  if (!planned) throw new Error(`the playbook of run ${execution.run.id} has no step ${rowId}`);
  return planned;
}

/** @returns when the first of the steps around it runs out of time, milliseconds since 1970 */
export function dueOfContainers(execution: Execution, rowId: string): number {
  let due = Number.POSITIVE_INFINITY;
  for (let parent = recordOf(execution, rowId).parentId; parent !== null;) {
    const record = recordOf(execution, parent);
    due = Math.min(due, record.dueAt ?? due);
    parent = record.parentId;
  }
  return due;
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

/**
 * Shows a change to those who watch, after its commit and beside what follows: in the transaction it would have all runs
 * commit one after another, as PostgreSQL orders notices. One that gets lost is made up for by the next one.
 */
export async function tellLive({ ctx, run }: Execution): Promise<void> {
  try {
    await notifyLive(ctx.database.kysely, "run", run.id);
  } catch (error) {
    ctx.logger.warn("a change of a run could not be told", { runId: run.id, problem: messageOf(error) });
  }
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
