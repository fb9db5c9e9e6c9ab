import type { RunPreview } from "@firebreak/protocol";
import { previewRun } from "./preview-run.ts";
import { findPlaybook } from "./request-run.ts";

/**
 * What a run would do, for people to read before they start it.
 *
 * @throws FirebreakError not_found, invalid_body for inputs that do not fit
 */
export async function previewPlaybook(
  ctx: Parameters<typeof previewRun>[0],
  request: Parameters<typeof previewRun>[1],
): Promise<RunPreview> {
  const { document, hash } = findPlaybook(ctx.playbooks, request.playbookId);
  const steps = await previewRun(ctx, request);
  return {
    playbookId: document.id,
    hash,
    steps: steps.map(({ preview, input, ...step }) => ({
      ...step,
      input: { ...input },
      changes: [...(preview?.changes ?? [])],
      touches: Object.values(preview?.blastRadius ?? {}).flat(),
      obstacles: [...(preview?.obstacles ?? [])],
    })),
  };
}
