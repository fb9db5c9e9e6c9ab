/** What persons ask of playbook runs. */
import { z } from "zod";

const reason = z.string().trim().min(3, "say why, in three characters or more").max(1000);
const userName = z.string().trim().min(1).max(64);
const inputs = z.record(z.string().max(60), z.unknown()).default({});

/** What a run would be asked for: a playbook, its inputs, and the incident it is about. */
export const runPreviewRequest = z.strictObject({
  inputs,
  incidentId: z.string().min(1).max(64).nullable().default(null),
});
export type RunPreviewRequest = z.infer<typeof runPreviewRequest>;

export const startRunRequest = runPreviewRequest.extend({
  playbookId: z.string().min(1).max(60),
  /** says what each step would do and does none of it */
  observe: z.boolean().default(false),
});
export type StartRunRequest = z.infer<typeof startRunRequest>;

export const handOverRequest = z.strictObject({
  /** the name of the user who takes it */
  to: userName,
  /** only this step; left out, the whole run */
  stepId: z.string().min(1).max(128).optional(),
  reason,
});
export type HandOverRequest = z.infer<typeof handOverRequest>;

/** Takes back what a run that has ended did, or one phase of it. */
export const undoRunRequest = z.strictObject({ phase: z.string().min(1).max(60).optional(), reason });
export type UndoRunRequest = z.infer<typeof undoRunRequest>;

/** What a run is told; it becomes the output of the step that waits for it. */
export const signalRequest = z.record(z.string().max(100), z.unknown());
export type SignalRequest = z.infer<typeof signalRequest>;
