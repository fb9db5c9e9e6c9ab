import type { Actor, RunState, StepState } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { notifyLive, toStoredText } from "../storage/index.ts";
import type { Database, PlaybookRunsTable, PlaybookStepsTable, Schema } from "../storage/index.ts";
import type { Selectable } from "kysely";
import type { RunReason, StepReason } from "./reasons.ts";

/** A step as the journal has it. */
export interface StepRecord {
  readonly stepId: string;
  readonly position: number;
  readonly state: StepState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>>;
}

export interface RunRecord {
  readonly id: string;
  readonly playbookId: string;
  readonly playbookTitle: string;
  readonly playbookHash: string;
  readonly playbookText: string;
  readonly incidentId: string | null;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly state: RunState;
  readonly abort: { readonly actor: Actor; readonly reason: string; readonly at: string } | null;
  /** by step id */
  readonly steps: ReadonlyMap<string, StepRecord>;
}

/** @throws FirebreakError not_found */
export async function readRun(database: Database, runId: string): Promise<RunRecord> {
  const [run, steps] = await Promise.all([
    database.kysely.selectFrom("playbook_runs").selectAll().where("id", "=", runId).executeTakeFirst(),
    database.kysely.selectFrom("playbook_steps").selectAll().where("run_id", "=", runId).orderBy("position").execute(),
  ]);
  if (!run) throw new FirebreakError("not_found", `there is no run ${runId}`);
  return toRunRecord(run, steps);
}

function toRunRecord(run: Selectable<PlaybookRunsTable>, steps: readonly Selectable<PlaybookStepsTable>[]): RunRecord {
  return {
    id: run.id,
    playbookId: run.playbook_id,
    playbookTitle: run.playbook_title,
    playbookHash: run.playbook_hash,
    playbookText: run.playbook_text,
    incidentId: run.incident_id,
    inputs: run.inputs,
    state: run.state,
    abort: run.abort,
    steps: new Map(steps.map((row) => [row.step_id, toStepRecord(row)])),
  };
}

function toStepRecord(row: Selectable<PlaybookStepsTable>): StepRecord {
  const { step_id: stepId, position, state, reason, attempts, input, output } = row;
  return { stepId, position, state, reason, attempts, input, output };
}

/** What changes in a step's row; a member left out stays as it is. */
export interface StepChange {
  readonly state: StepState;
  readonly reason: StepReason | null;
  readonly message?: string | null;
  /** JSON text */
  readonly input?: string;
  /** JSON text */
  readonly output?: string;
  readonly attempts?: number;
  /** milliseconds since 1970 */
  readonly startedAt?: number;
  readonly endedAt?: number | null;
}

/**
 * Changes a step that is still as the caller knows it.
 *
 * @returns false when somebody else has changed it: nothing was written
 */
export async function changeStep(
  trx: Transaction<Schema>,
  runId: string,
  known: StepRecord,
  change: StepChange,
): Promise<boolean> {
  const { message, input, output, attempts, startedAt, endedAt } = change;
  const result = await trx
    .updateTable("playbook_steps")
    .set({
      state: change.state,
      reason: change.reason,
      ...(message === undefined ? {} : { message: message === null ? null : toStoredText(message) }),
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...(attempts === undefined ? {} : { attempts }),
      ...(startedAt === undefined
        ? {}
        : { started_at: sql<Date>`coalesce(started_at, ${toIso(startedAt)}::timestamptz)` }),
      ...(endedAt === undefined ? {} : { ended_at: endedAt === null ? null : toIso(endedAt) }),
    })
    .where("run_id", "=", runId)
    .where("step_id", "=", known.stepId)
    .where("state", "=", known.state)
    .where("attempts", "=", known.attempts)
    .where("reason", "is not distinct from", known.reason)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface Attempt {
  /** 1 for the first */
  readonly attempts: number;
  /** the parameters as JSON text */
  readonly input: string;
  /** milliseconds since 1970 */
  readonly startedAt: number;
}

/**
 * Commits that a step is being tried, in one round trip: what is contained here counts in milliseconds.
 *
 * @returns false when the run has ended or is being aborted, or somebody else has changed the step
 */
export async function beginAttempt(
  database: Database,
  runId: string,
  known: StepRecord,
  { attempts, input, startedAt }: Attempt,
): Promise<boolean> {
  const firstStart = sql<Date>`coalesce(started_at, ${toIso(startedAt)}::timestamptz)`;
  const result = await database.kysely
    .with("run", (query) =>
      query
        .updateTable("playbook_runs")
        .set({ state: "running", reason: null, started_at: firstStart })
        .where("id", "=", runId)
        .where("state", "in", ["pending", "running", "waiting"])
        .where("abort", "is", null)
        .returning("id"),
    )
    .updateTable("playbook_steps")
    .set({ state: "running", reason: null, attempts, input, started_at: firstStart })
    .where("run_id", "in", (select) => select.selectFrom("run").select("run.id"))
    .where("step_id", "=", known.stepId)
    .where("state", "=", known.state)
    .where("attempts", "=", known.attempts)
    .where("reason", "is not distinct from", known.reason)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface RunChange {
  readonly state: RunState;
  readonly reason: RunReason | null;
  /** milliseconds since 1970 */
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** @returns false when the run has ended, or a request to abort it is there and the change ignores none */
export async function changeRun(
  trx: Transaction<Schema>,
  runId: string,
  change: RunChange,
  options: { readonly evenIfAborting?: boolean } = {},
): Promise<boolean> {
  const { startedAt, endedAt } = change;
  let query = trx
    .updateTable("playbook_runs")
    .set({
      state: change.state,
      reason: change.reason,
      ...(startedAt === undefined
        ? {}
        : { started_at: sql<Date>`coalesce(started_at, ${toIso(startedAt)}::timestamptz)` }),
      ...(endedAt === undefined ? {} : { ended_at: toIso(endedAt) }),
    })
    .where("id", "=", runId)
    .where("state", "in", ["pending", "running", "waiting"]);
  if (!options.evenIfAborting) query = query.where("abort", "is", null);
  const result = await query.executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await notifyLive(trx, "run", runId);
  return true;
}
