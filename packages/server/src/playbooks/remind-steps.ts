import type { Kysely } from "kysely";
import { severity as severitySchema } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../kernel/index.ts";
import { requestStepNotifications } from "../notify/index.ts";
import type { NotifyContext } from "../notify/index.ts";
import { anyRow, inTransaction, instant } from "../storage/index.ts";
import type { Database, DueCondition, Instant, Schema, Trx } from "../storage/index.ts";
import { tellControl } from "./tell-control.ts";
import { waitingInput } from "./waiting-step.ts";

type RemindContext = NotifyContext & { readonly database: Database };

const BATCH_MAX = 100;

const unanswered = (kysely: Kysely<Schema>, now: Instant) =>
  kysely
    .selectFrom("playbook_steps as step")
    .innerJoin("playbook_runs as run", "run.id", "step.run_id")
    .where("step.state", "=", "waiting")
    .where("step.reason", "=", "waiting_for_person")
    .where("run.paused", "is", null)
    .where(sql<boolean>`(step.input ->> 'remindAt')::timestamptz <= ${now}`)
    .where(sql<boolean>`not step.input ? 'remindedAt'`);

/** Whether {@link remindSteps} would tell again of one. */
export const isStepUnanswered: DueCondition = (kysely, now) => anyRow(unanswered(kysely, now));

/**
 * Tells again of steps that wait for a person and that nobody has answered for long; then those may answer too to whom they
 * escalate. For a daemon, every few seconds. Questions of approvals are told again where approvals are kept.
 *
 * @returns how many were told again
 */
export async function remindSteps(ctx: RemindContext): Promise<number> {
  const now = ctx.clock.now();
  return inTransaction(ctx.database, async (trx) => {
    const due = await unanswered(trx, instant(now))
      .leftJoin("incidents as incident", "incident.id", "run.incident_id")
      .select([
        "step.run_id",
        "step.step_id",
        "step.title",
        "step.input",
        "step.assignee",
        "step.attempts",
        "run.playbook_id",
        "run.playbook_title",
        "run.incident_id",
        "run.owner",
        "incident.severity",
      ])
      .limit(BATCH_MAX)
      .forUpdate("step")
      .skipLocked()
      .execute();
    for (const row of due) await remind(trx, ctx, row, now);
    return due.length;
  });
}

interface Due {
  readonly run_id: string;
  readonly step_id: string;
  readonly title: string;
  readonly input: Record<string, unknown>;
  readonly assignee: string | null;
  readonly attempts: number;
  readonly playbook_id: string;
  readonly playbook_title: string;
  readonly incident_id: string | null;
  readonly owner: string | null;
  readonly severity: number | null;
}

async function remind(trx: Trx, ctx: RemindContext, row: Due, now: number): Promise<void> {
  const asked = waitingInput.parse(row.input);
  await trx
    .updateTable("playbook_steps")
    .set({ input: JSON.stringify({ ...row.input, remindedAt: toIso(now) }) })
    .where("run_id", "=", row.run_id)
    .where("step_id", "=", row.step_id)
    .execute();
  const whom = row.assignee ?? asked.role?.title ?? "a person";
  const too = asked.escalateTo === null ? "" : `; ${asked.escalateTo.title} may answer too`;
  const run = {
    id: row.run_id,
    playbookId: row.playbook_id,
    playbookTitle: row.playbook_title,
    incidentId: row.incident_id,
  };
  await tellControl(trx, ctx, run, {
    action: "playbook.remind_step",
    stepId: row.step_id,
    did: `reminds ${whom} of “${row.title}”${too}`,
    reason: "nobody has answered yet",
    data: { whom, escalatedTo: asked.escalateTo?.id ?? null },
  });
  await requestStepNotifications(trx, ctx, {
    runId: row.run_id,
    stepId: row.step_id,
    playbook: row.playbook_title,
    title: row.title,
    whom: asked.escalateTo === null ? whom : `${whom} or ${asked.escalateTo.title}`,
    person: asked.escalateTo === null ? row.assignee : null,
    incidentId: row.incident_id,
    severity: severitySchema.safeParse(row.severity).data ?? null,
    dueAt: asked.dueAt,
    occasion: `reminder-${row.attempts}`,
  });
}
