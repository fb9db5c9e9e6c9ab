import type { Actor } from "@firebreak/protocol";
import { collectCalled } from "./called-playbooks.ts";
import type { PlaybookVerbs, RunContext } from "./context.ts";
import { refuseUnknownIncident } from "./known-incident.ts";
import { previewSteps } from "./preview-steps.ts";
import type { StepPreview } from "./preview-steps.ts";
import { checkInputs, findPlaybook } from "./request-run.ts";
import { findLockHolder, renderLocks } from "./target-locks.ts";

type PreviewContext = Pick<PlaybookVerbs, "database" | "playbooks" | "clock" | "newId" | "logger"> &
  Pick<RunContext, "home" | "effectors">;

export interface RunOutlook {
  readonly steps: readonly StepPreview[];
  readonly locks: readonly string[];
  /** the run that has one of them now */
  readonly lockedBy: string | null;
}

/**
 * What a run would do, in order and with all branches, and what it would lock, without doing anything.
 *
 * @throws FirebreakError not_found, invalid_body for inputs that do not fit, conflict for a called playbook that is not there
 */
export async function previewRun(
  ctx: PreviewContext,
  request: {
    readonly playbookId: string;
    readonly incidentId: string | null;
    readonly inputs: Readonly<Record<string, unknown>>;
  },
): Promise<RunOutlook> {
  const { document } = findPlaybook(ctx.playbooks, request.playbookId);
  const { incidentId } = request;
  if (incidentId !== null) await refuseUnknownIncident(ctx.database.kysely, incidentId);
  const inputs = checkInputs(document, request.inputs);
  const actor: Actor = { kind: "playbook", id: document.id, name: document.title };
  const { documents: called } = collectCalled(ctx.playbooks, document);
  const steps = await previewSteps(ctx, { actor, document, called, inputs, incidentId, runId: "preview" });
  const { locks } = renderLocks(document, { inputs, runId: "preview", incidentId }, called);
  const holder = await findLockHolder(ctx.database.kysely, { id: "", locks, lockPlace: null });
  return { steps, locks, lockedBy: holder?.runId ?? null };
}
