import { recordAudit } from "../audit/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { addTimelineEntry } from "../incidents/index.ts";
import { notifyLive, toStoredText } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { PlaybookVerbs } from "./context.ts";
import { isEndedRun } from "./reasons.ts";

export type ControlContext = Pick<PlaybookVerbs, "database" | "clock" | "actor">;

/** What a person did to a run. */
interface Control {
  /** `playbook.pause_run`, `playbook.skip_step` … */
  readonly action: string;
  readonly stepId: string | null;
  /** one sentence without its subject: `paused the run` */
  readonly did: string;
  readonly reason: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Leaves the traces of what a person did to a run, in the transaction of the change: audit row, timeline, live notice. */
export async function tellControl(
  trx: Trx,
  ctx: Pick<ControlContext, "clock" | "actor">,
  run: {
    readonly id: string;
    readonly playbookId: string;
    readonly playbookTitle: string;
    readonly incidentId: string | null;
  },
  { action, stepId, did, reason, data = {} }: Control,
): Promise<void> {
  const at = ctx.clock.now();
  const detail = { playbookId: run.playbookId, stepId, reason: toStoredText(reason), ...data };
  await recordAudit(trx, { at, actor: ctx.actor, action, target: run.id, detail });
  await notifyLive(trx, "run", run.id);
  if (run.incidentId === null) return;
  await addTimelineEntry(trx, ctx, {
    incidentId: run.incidentId,
    key: `run:${run.id}:${action}:${stepId ?? ""}:${at}`,
    at,
    kind: stepId === null ? "playbook_run" : "playbook_step",
    source: "playbook",
    text: toStoredText(`${run.playbookTitle}: ${ctx.actor.name} ${did} — ${reason}`),
    data: { runId: run.id, ...detail },
  });
}

/** Serialises what a person does with the end and the abort of the run. @throws FirebreakError conflict */
export async function lockOpenRun(trx: Trx, runId: string): Promise<void> {
  if (await isOpen(trx, runId)) return;
  throw new FirebreakError("conflict", `run ${runId} has ended or is being aborted`);
}

/** @returns whether the run goes on; it neither ends nor is aborted before the transaction does */
export async function isOpen(trx: Trx, runId: string): Promise<boolean> {
  const row = await trx
    .selectFrom("playbook_runs")
    .select(["state", "abort"])
    .where("id", "=", runId)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined && row.abort === null && !isEndedRun(row.state);
}
