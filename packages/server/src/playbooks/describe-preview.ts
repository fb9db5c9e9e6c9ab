import type { RunPreview } from "@firebreak/protocol";
import { previewRun } from "./preview-run.ts";
import { findPlaybook } from "./request-run.ts";

/**
 * What a run would do, for people to read before they start it: all branches, of whom it would ask what, what stays whatever a
 * person does to the run, and what it would lock.
 *
 * @throws FirebreakError not_found, invalid_body for inputs that do not fit, conflict for a called playbook that is not there
 */
export async function previewPlaybook(
  ctx: Parameters<typeof previewRun>[0],
  request: Parameters<typeof previewRun>[1],
): Promise<RunPreview> {
  const { document, hash } = findPlaybook(ctx.playbooks, request.playbookId);
  const { steps, locks, lockedBy } = await previewRun(ctx, request);
  return {
    playbookId: document.id,
    hash,
    incidentId: request.incidentId,
    steps: steps.map(({ preview, input, ...step }) => ({
      ...step,
      input: { ...input },
      changes: [...(preview?.changes ?? [])],
      touches: Object.values(preview?.blastRadius ?? {}).flat(),
      obstacles: [...(preview?.obstacles ?? [])],
    })),
    asks: steps.flatMap(({ id, title, asks }) => (asks === null ? [] : [{ stepId: id, title, ...asks }])),
    cannotUndo: steps.flatMap(({ id, title, stays }) => (stays === null ? [] : [{ stepId: id, title, why: stays }])),
    locks: [...locks],
    lockedBy,
  };
}
