/** What the console can do to playbooks and their runs, one function per act. */
import type { RunPreviewRequest } from "@firebreak/protocol";
import { client, unwrap } from "./client.ts";
import type { CompleteStepRequest, StartRunRequest } from "./paths.generated.ts";

const byId = (id: string) => ({ params: { path: { id } } });
const ofStep = (id: string, step: string) => ({ params: { path: { id, step } } });

export const startRun = (request: StartRunRequest) => unwrap(client.POST("/api/v1/runs", { body: request }));
export const pauseRun = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/runs/{id}/pause", { ...byId(id), body: { reason } }));
export const resumeRun = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/runs/{id}/resume", { ...byId(id), body: { reason } }));
export const handOverRun = (
  id: string,
  body: { readonly to: string; readonly stepId?: string; readonly reason: string },
) => unwrap(client.POST("/api/v1/runs/{id}/hand-over", { ...byId(id), body }));
export const abortRun = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/runs/{id}/abort", { ...byId(id), body: { reason } }));

export const undoRun = (id: string, body: { readonly phase?: string; readonly reason: string }) =>
  unwrap(client.POST("/api/v1/runs/{id}/undo", { ...byId(id), body }));

export type StepAnswer = CompleteStepRequest;
export const completeStep = (id: string, step: string, answer: StepAnswer) =>
  unwrap(client.POST("/api/v1/runs/{id}/steps/{step}/complete", { ...ofStep(id, step), body: answer }));
export const skipStep = (id: string, step: string, reason: string) =>
  unwrap(client.POST("/api/v1/runs/{id}/steps/{step}/skip", { ...ofStep(id, step), body: { reason } }));
export const retryStep = (id: string, step: string, reason: string) =>
  unwrap(client.POST("/api/v1/runs/{id}/steps/{step}/retry", { ...ofStep(id, step), body: { reason } }));

export const previewPlaybook = (id: string, request: RunPreviewRequest) =>
  unwrap(client.POST("/api/v1/playbooks/{id}/preview", { ...byId(id), body: request }));
export const sendSignal = (id: string, name: string, body: Record<string, unknown>) =>
  unwrap(client.POST("/api/v1/runs/{id}/signals/{name}", { params: { path: { id, name } }, body }));

/** Nothing of it is run or stored. */
export const importRunbook = (runbook: { readonly name: string; readonly markdown: string }) =>
  unwrap(client.POST("/api/v1/playbooks/import", { body: runbook }));
