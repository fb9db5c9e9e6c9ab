import type { RunView, StepView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database, PlaybookAttemptsTable, PlaybookRunsTable, PlaybookStepsTable } from "../storage/index.ts";
import { neededOutputs } from "./needed-output.ts";
import { isEndedRun } from "./reasons.ts";
import { openBooks } from "./run-books.ts";
import { findLockHolder } from "./target-locks.ts";

const RUNS_MAX = 200;

/** @returns the newest runs first, with their steps, of one incident or of all */
export async function listRuns(
  database: Database,
  filter: { readonly incidentId?: string; readonly limit?: number } = {},
): Promise<RunView[]> {
  const { incidentId, limit = RUNS_MAX } = filter;
  let query = database.kysely.selectFrom("playbook_runs").selectAll();
  if (incidentId !== undefined) query = query.where("incident_id", "=", incidentId);
  const runs = await query
    .orderBy("requested_at", "desc")
    .orderBy("id")
    .limit(Math.max(1, Math.min(limit, RUNS_MAX)))
    .execute();
  if (runs.length === 0) return [];
  return viewRuns(database, runs);
}

/** @throws FirebreakError not_found */
export async function getRun(database: Database, runId: string): Promise<RunView> {
  const run = await database.kysely.selectFrom("playbook_runs").selectAll().where("id", "=", runId).executeTakeFirst();
  if (!run) throw new FirebreakError("not_found", `there is no run ${runId}`);
  const [view] = await viewRuns(database, [run]);
  if (!view) throw new FirebreakError("not_found", `there is no run ${runId}`);
  return view;
}

type RunRow = Selectable<PlaybookRunsTable>;
type StepRow = Selectable<PlaybookStepsTable>;
type AttemptRow = Selectable<PlaybookAttemptsTable>;

async function viewRuns(database: Database, runs: readonly RunRow[]): Promise<RunView[]> {
  const ids = runs.map((run) => run.id);
  const { kysely } = database;
  const [steps, attempts, holders] = await Promise.all([
    kysely.selectFrom("playbook_steps").selectAll().where("run_id", "in", ids).orderBy("position").execute(),
    kysely.selectFrom("playbook_attempts").selectAll().where("run_id", "in", ids).orderBy("number").execute(),
    Promise.all(runs.map((run) => readLockHolder(database, run))),
  ]);
  const [stepsOf, attemptsOf] = [groupByRun(steps), groupByRun(attempts)];
  return runs.map((run, index) => {
    const earlier = attemptsOf.get(run.id) ?? [];
    const needsOf = needsIn(run);
    const views = inFileOrder(stepsOf.get(run.id) ?? []).map((step, position) =>
      viewStep(step, position, earlier, needsOf(step)),
    );
    return viewRun(run, views, holders[index] ?? null);
  });
}

function groupByRun<T extends { readonly run_id: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.run_id);
    if (group === undefined) groups.set(row.run_id, [row]);
    else group.push(row);
  }
  return groups;
}

async function readLockHolder({ kysely }: Database, run: RunRow): Promise<string | null> {
  if (run.state !== "waiting" || run.reason !== "locked") return null;
  const lockPlace = run.lock_place === null ? null : BigInt(run.lock_place);
  return (await findLockHolder(kysely, { ...run, lockPlace }))?.runId ?? null;
}

function viewRun(run: RunRow, steps: StepView[], lockedBy: string | null): RunView {
  const { paused } = run;
  return {
    id: run.id,
    playbookId: run.playbook_id,
    playbookTitle: run.playbook_title,
    playbookHash: run.playbook_hash,
    incidentId: run.incident_id,
    state: run.state,
    reason: run.reason,
    requestedBy: run.requested_by,
    requestedAt: run.requested_at.toISOString(),
    startedAt: run.started_at?.toISOString() ?? null,
    endedAt: run.ended_at?.toISOString() ?? null,
    wakeAt: run.wake_at?.toISOString() ?? null,
    inputs: run.inputs,
    outputs: run.outputs,
    observes: run.mode === "observe",
    owner: run.owner,
    paused: paused === null ? null : { by: paused.actor, reason: paused.reason, at: paused.at },
    locks: run.locks,
    lockedBy,
    steps,
  };
}

/** A step stands before those within it, an item of a for-each step before the next one. */
function inFileOrder(rows: readonly StepRow[]): StepRow[] {
  const within = new Map<string | null, StepRow[]>();
  for (const row of rows) within.set(row.parent_id, [...(within.get(row.parent_id) ?? []), row]);
  const walk = (parent: string | null): StepRow[] =>
    (within.get(parent) ?? [])
      .toSorted((one, other) => (one.item ?? 0) - (other.item ?? 0) || one.position - other.position)
      .flatMap((row) => [row, ...walk(row.step_id)]);
  return walk(null);
}

/** What a person must say of a step that was interrupted, for it to count as done. */
function needsIn(run: RunRow): (step: StepRow) => string[] {
  return (step) => {
    if (step.state !== "interrupted" || isEndedRun(run.state)) return [];
    const { playbook_id: playbookId, playbook_hash: playbookHash, playbook_text: playbookText, books } = run;
    const opened = openBooks({ playbookId, playbookHash, playbookText, books });
    return opened === null ? [] : [...neededOutputs(opened, step.step_id)];
  };
}

function viewStep(row: StepRow, position: number, attempts: readonly AttemptRow[], needs: string[]): StepView {
  return {
    id: row.step_id,
    position,
    parent: row.parent_id,
    option: row.slot,
    item: row.item,
    phase: row.phase,
    title: row.title,
    type: row.type,
    state: row.state,
    reason: row.reason,
    message: row.message,
    attempts: row.attempts,
    input: row.input,
    output: row.output,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    dueAt: row.due_at?.toISOString() ?? null,
    assignee: row.assignee,
    approvalId: row.approval_id,
    needs,
    earlier: attempts.filter((attempt) => attempt.step_id === row.step_id).map(viewAttempt),
  };
}

function viewAttempt(row: AttemptRow): StepView["earlier"][number] {
  const { state, reason, message } = row;
  const [startedAt, endedAt] = [row.started_at, row.ended_at].map((time) => time?.toISOString() ?? null);
  return { state, reason, message, startedAt: startedAt ?? null, endedAt: endedAt ?? null };
}
