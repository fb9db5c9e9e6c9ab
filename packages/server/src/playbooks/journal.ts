import type { Actor, RunState, StepState } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { toStoredText } from "../storage/index.ts";
import type { Database, PlaybookRunsTable, PlaybookStepsTable, Schema } from "../storage/index.ts";
import type { Selectable } from "kysely";
import type { RunReason, StepReason } from "./reasons.ts";
import type { NewStepRow } from "./step-rows.ts";

/** A step as the journal has it. */
export interface StepRecord {
  readonly stepId: string;
  readonly position: number;
  readonly phase: string;
  readonly state: StepState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>>;
  /** the row of the step that it stands in */
  readonly parentId: string | null;
  readonly slot: string | null;
  readonly item: number | null;
  /** milliseconds since 1970 */
  readonly startedAt: number | null;
  readonly dueAt: number | null;
  /** the order in which attempts began; null: it never did */
  readonly acted: number | null;
  /** the question whose answer lets it act */
  readonly approvalId: string | null;
  /** who had it done again last */
  readonly retriedBy: Actor | null;
}

/** What a person asked of a run, why and when. */
interface Request {
  readonly actor: Actor;
  readonly reason: string;
  readonly at: string;
}

/** A request to take back what was done; of a run that had ended, what of it and how it had. */
interface AbortRequest extends Request {
  readonly undo?: { readonly phase: string | null; readonly from: RunState };
}

export interface RunRecord {
  readonly id: string;
  readonly playbookId: string;
  readonly playbookTitle: string;
  readonly playbookHash: string;
  readonly playbookText: string;
  readonly incidentId: string | null;
  /** what conditions may read of the incident */
  readonly incident: Readonly<Record<string, unknown>> | null;
  /** by id, the texts of the playbooks that this one calls */
  readonly books: Readonly<Record<string, { readonly hash: string; readonly text: string }>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly state: RunState;
  readonly abort: AbortRequest | null;
  /** it only says what it would do */
  readonly observes: boolean;
  readonly paused: Request | null;
  readonly requestedBy: Actor;
  readonly locks: readonly string[];
  readonly yieldsLocks: boolean;
  /** its place among the runs that want one of its locks; null: it has none and asks for none */
  readonly lockPlace: bigint | null;
  readonly timesEnded: number;
  /** by step id */
  readonly steps: ReadonlyMap<string, StepRecord>;
}

/** @throws FirebreakError not_found */
export async function readRun(database: Database, runId: string): Promise<RunRecord> {
  const [run, steps] = await Promise.all([
    database.kysely
      .selectFrom("playbook_runs as run")
      .leftJoin("incidents as incident", "incident.id", "run.incident_id")
      .selectAll("run")
      .select([
        "incident.type as incident_type",
        "incident.severity as incident_severity",
        "incident.severity_label as incident_severity_label",
        "incident.state as incident_state",
        "incident.agent_id as incident_agent_id",
      ])
      .where("run.id", "=", runId)
      .executeTakeFirst(),
    database.kysely.selectFrom("playbook_steps").selectAll().where("run_id", "=", runId).orderBy("position").execute(),
  ]);
  if (!run) throw new FirebreakError("not_found", `there is no run ${runId}`);
  return toRunRecord(run, steps);
}

interface IncidentColumns {
  readonly incident_type: string | null;
  readonly incident_severity: number | null;
  readonly incident_severity_label: string | null;
  readonly incident_state: string | null;
  readonly incident_agent_id: string | null;
}

function toIncident(run: Selectable<PlaybookRunsTable> & IncidentColumns): RunRecord["incident"] {
  if (run.incident_id === null) return null;
  return {
    id: run.incident_id,
    type: run.incident_type,
    severity: run.incident_severity,
    severityLabel: run.incident_severity_label,
    state: run.incident_state,
    agentId: run.incident_agent_id,
  };
}

function toRunRecord(
  run: Selectable<PlaybookRunsTable> & IncidentColumns,
  steps: readonly Selectable<PlaybookStepsTable>[],
): RunRecord {
  return {
    id: run.id,
    playbookId: run.playbook_id,
    playbookTitle: run.playbook_title,
    playbookHash: run.playbook_hash,
    playbookText: run.playbook_text,
    incidentId: run.incident_id,
    incident: toIncident(run),
    books: run.books,
    inputs: run.inputs,
    state: run.state,
    abort: run.abort,
    observes: run.mode === "observe",
    paused: run.paused,
    requestedBy: run.requested_by,
    locks: run.locks,
    yieldsLocks: run.yields_locks,
    lockPlace: run.lock_place === null ? null : BigInt(run.lock_place),
    timesEnded: run.times_ended,
    steps: new Map(steps.map((row) => [row.step_id, toStepRecord(row)])),
  };
}

function toStepRecord(row: Selectable<PlaybookStepsTable>): StepRecord {
  const { step_id: stepId, position, phase, state, reason, attempts, input, output } = row;
  return {
    stepId,
    position,
    phase,
    state,
    reason,
    attempts,
    input,
    output,
    parentId: row.parent_id,
    slot: row.slot,
    item: row.item,
    startedAt: row.started_at?.getTime() ?? null,
    dueAt: row.due_at?.getTime() ?? null,
    acted: row.acted === null ? null : Number(row.acted),
    approvalId: row.approval_id,
    retriedBy: row.retried_by,
  };
}

/** @returns the row as the table takes it */
function toInsert(runId: string, row: NewStepRow) {
  return {
    run_id: runId,
    step_id: row.stepId,
    position: row.position,
    phase: row.phase,
    title: row.title,
    type: row.type,
    state: "pending" as const,
    reason: null,
    attempts: 0,
    input: "{}",
    output: "{}",
    message: null,
    parent_id: row.parentId,
    slot: row.slot,
    item: row.item,
  };
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
  /** when its time box runs out */
  readonly dueAt?: number;
  readonly approvalId?: string;
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
  const { message, input, output, attempts, startedAt, endedAt, dueAt, approvalId } = change;
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
      ...(dueAt === undefined ? {} : { due_at: toIso(dueAt) }),
      ...(approvalId === undefined ? {} : { approval_id: approvalId }),
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
  readonly dueAt: number;
}

/**
 * Commits that a step is being tried, in one round trip: what is contained here counts in milliseconds.
 *
 * @returns false when the run has ended, is paused or being aborted, or somebody else has changed the step
 */
export async function beginAttempt(
  database: Database,
  runId: string,
  known: StepRecord,
  { attempts, input, startedAt, dueAt }: Attempt,
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
        // what runs may try again; nothing begins
        .$if(known.state !== "running", (begin) => begin.where("paused", "is", null))
        .returning("id"),
    )
    .updateTable("playbook_steps")
    .set({
      state: "running",
      reason: null,
      attempts,
      input,
      started_at: firstStart,
      due_at: toIso(dueAt),
      acted: sql<string>`nextval('playbook_acts')`,
    })
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
  /** when a run that waits is looked at again; null: not by itself */
  readonly wakeAt?: number | null;
  /** JSON text */
  readonly outputs?: string;
}

/** @returns false when the run has ended, or a request to abort it is there and the change ignores none */
export async function changeRun(
  trx: Transaction<Schema>,
  runId: string,
  change: RunChange,
  options: { readonly evenIfAborting?: boolean; readonly unlessPaused?: boolean } = {},
): Promise<boolean> {
  const { startedAt, endedAt, wakeAt, outputs } = change;
  let query = trx
    .updateTable("playbook_runs")
    .set({
      state: change.state,
      reason: change.reason,
      ...(startedAt === undefined
        ? {}
        : { started_at: sql<Date>`coalesce(started_at, ${toIso(startedAt)}::timestamptz)` }),
      ...(endedAt === undefined ? {} : { ended_at: toIso(endedAt) }),
      ...(wakeAt === undefined ? {} : { wake_at: wakeAt === null ? null : toIso(wakeAt) }),
      ...(outputs === undefined ? {} : { outputs }),
    })
    .where("id", "=", runId)
    .where("state", "in", ["pending", "running", "waiting"]);
  if (!options.evenIfAborting) query = query.where("abort", "is", null);
  if (options.unlessPaused) query = query.where("paused", "is", null);
  const result = await query.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** @returns what a run was told, by the signal's name */
export async function readSignals(
  database: Database,
  runId: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const rows = await database.kysely
    .selectFrom("playbook_signals")
    .select(["name", "body"])
    .where("run_id", "=", runId)
    .execute();
  return new Map(rows.map(({ name, body }) => [name, body]));
}

/** Makes rows for steps that nobody knew of when the run was requested. @returns them as the journal has them */
export async function insertRows(
  trx: Transaction<Schema>,
  runId: string,
  rows: readonly NewStepRow[],
): Promise<StepRecord[]> {
  if (rows.length === 0) return [];
  const inserted = await trx
    .insertInto("playbook_steps")
    .values(rows.map((row) => toInsert(runId, row)))
    .returningAll()
    .execute();
  return inserted.map(toStepRecord);
}
