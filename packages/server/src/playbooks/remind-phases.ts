import { severity as severitySchema } from "@firebreak/protocol";
import { sql } from "kysely";
import { requestStepNotifications } from "../notify/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import { markdown, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database, DueCondition, Trx } from "../storage/index.ts";
import { tellControl } from "./tell-control.ts";

type RemindContext = NotifyContext & { readonly database: Database };

const BATCH_MAX = 100;

/** A phase that is not over when its time box is. */
interface Overdue {
  readonly run_id: string;
  readonly playbook_id: string;
  readonly playbook_title: string;
  readonly incident_id: string | null;
  readonly owner: string | null;
  readonly severity: number | null;
  readonly phase: string;
  readonly began_at: Date;
  /** how many of its steps are open */
  readonly open: number;
  readonly box_ms: number;
}

const HAS_BOXES = sql`run.ended_at is null and run.phase_boxes <> '{}' and run.state in ('pending', 'running', 'waiting')`;

/** Whether there are runs whose phases {@link remindPhases} has to look at. */
export const hasPhaseBoxes: DueCondition = () =>
  sql<boolean>`exists (select from playbook_runs run where ${HAS_BOXES})`;

/**
 * Tells of phases that are not over when their time box is: in the incident, and to who is answerable for the run. The run goes on: how
 * long its steps may take is for the steps. For a daemon, every few seconds.
 *
 * @returns how many were told of; each is, once
 */
export async function remindPhases(ctx: RemindContext): Promise<number> {
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const overdue = await findOverdue(trx, now);
    for (const phase of overdue) await tell(trx, ctx, phase);
    return overdue.length;
  });
}

/** What is found is taken off the run, so that nobody else finds it. */
async function findOverdue(trx: Trx, now: number): Promise<readonly Overdue[]> {
  const { rows } = await sql<Overdue>`
    with late as (
      select run.id, step.phase, min(step.started_at) as began_at, (run.phase_boxes ->> step.phase)::bigint as box_ms,
        count(*) filter (where step.state in ('pending', 'running', 'waiting', 'interrupted'))::int as open
      from playbook_runs run join playbook_steps step on step.run_id = run.id
      where ${HAS_BOXES} and run.phase_boxes ? step.phase
      group by run.id, step.phase
      having bool_or(step.state in ('pending', 'running', 'waiting', 'interrupted'))
        and min(step.started_at) + (run.phase_boxes ->> step.phase)::bigint * interval '1 millisecond'
          <= to_timestamp(${now / 1000}::float8)
      limit ${BATCH_MAX}
    ), told as (
      update playbook_runs run set phase_boxes = run.phase_boxes - late.phases
      from (select id, array_agg(phase) as phases from late group by id) late
      where run.id = late.id and run.phase_boxes ?& late.phases
      returning run.id, run.playbook_id, run.playbook_title, run.incident_id, run.owner
    )
    select told.id as run_id, told.playbook_id, told.playbook_title, told.incident_id, told.owner, incident.severity,
      late.phase, late.began_at, late.open, late.box_ms::float8 as box_ms
    from told join late on late.id = told.id left join incidents incident on incident.id = told.incident_id
    order by told.id, late.phase`.execute(trx);
  return rows;
}

async function tell(trx: Trx, ctx: RemindContext, row: Overdue): Promise<void> {
  const box = markdown.formatDuration(row.box_ms);
  const dueAt = toIso(row.began_at.getTime() + row.box_ms);
  const run = {
    id: row.run_id,
    playbookId: row.playbook_id,
    playbookTitle: row.playbook_title,
    incidentId: row.incident_id,
  };
  await tellControl(trx, ctx, run, {
    action: "playbook.phase_overdue",
    stepId: null,
    did: `says that the phase ${row.phase} takes longer than ${box}`,
    reason: `it began at ${toIso(row.began_at.getTime())} and ${row.open} of its steps ${row.open === 1 ? "is" : "are"} open`,
    data: { phase: row.phase, dueAt },
  });
  await requestStepNotifications(trx, ctx, {
    runId: row.run_id,
    stepId: `phase ${row.phase}`,
    playbook: row.playbook_title,
    title: `the phase ${row.phase} takes longer than ${box}`,
    whom: row.owner ?? "whoever leads the incident",
    person: row.owner,
    incidentId: row.incident_id,
    severity: severitySchema.safeParse(row.severity).data ?? null,
    dueAt,
    occasion: "overdue",
  });
}
