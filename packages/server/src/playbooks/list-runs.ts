import type { RunView, StepView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database, PlaybookRunsTable, PlaybookStepsTable } from "../storage/index.ts";

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
  const ids = runs.map((run) => run.id);
  const steps = await database.kysely
    .selectFrom("playbook_steps")
    .selectAll()
    .where("run_id", "in", ids)
    .orderBy("position")
    .execute();
  return runs.map((run) =>
    viewRun(
      run,
      steps.filter((step) => step.run_id === run.id),
    ),
  );
}

/** @throws FirebreakError not_found */
export async function getRun(database: Database, runId: string): Promise<RunView> {
  const run = await database.kysely.selectFrom("playbook_runs").selectAll().where("id", "=", runId).executeTakeFirst();
  if (!run) throw new FirebreakError("not_found", `there is no run ${runId}`);
  const steps = await database.kysely
    .selectFrom("playbook_steps")
    .selectAll()
    .where("run_id", "=", runId)
    .orderBy("position")
    .execute();
  return viewRun(run, steps);
}

function viewRun(run: Selectable<PlaybookRunsTable>, steps: readonly Selectable<PlaybookStepsTable>[]): RunView {
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
    outputs: run.outputs,
    steps: inFileOrder(steps).map(viewStep),
  };
}

/** A step stands before those within it, an item of a for-each step before the next one. */
function inFileOrder(rows: readonly Selectable<PlaybookStepsTable>[]): Selectable<PlaybookStepsTable>[] {
  const within = new Map<string | null, Selectable<PlaybookStepsTable>[]>();
  for (const row of rows) within.set(row.parent_id, [...(within.get(row.parent_id) ?? []), row]);
  const walk = (parent: string | null): Selectable<PlaybookStepsTable>[] =>
    (within.get(parent) ?? [])
      .toSorted((one, other) => (one.item ?? 0) - (other.item ?? 0) || one.position - other.position)
      .flatMap((row) => [row, ...walk(row.step_id)]);
  return walk(null);
}

function viewStep(row: Selectable<PlaybookStepsTable>, position: number): StepView {
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
  };
}
