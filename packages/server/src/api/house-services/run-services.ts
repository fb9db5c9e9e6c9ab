import type { Role } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { breakGlass, reviewBreakGlass } from "../../approvals/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import {
  handOver,
  pauseRun,
  resumeRun,
  passOverStep,
  retryStep,
  signalRun,
  startRun,
  undoEndedRun,
} from "../../playbooks/index.ts";
import type { RunServices } from "../run-services.ts";
import { createTypedTextMask } from "../typed-text.ts";

/** @throws FirebreakError `forbidden` for an agent, whom the door lets to none of this */
export function roleOf({ access }: Caller): Role {
  if (access !== "agent") return access;
  throw new FirebreakError("forbidden", "An agent controls no playbook.");
}

export function runServices(house: House): RunServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const clean = createTypedTextMask(house.profile.redaction);
  return {
    startRun: (caller, request) => startRun(as(caller), request),
    signalRun: (caller, { id, name, body }) => signalRun(as(caller), { runId: id, name, body: clean(body) }),
    pauseRun: (caller, request) => pauseRun(as(caller), { runId: request.id, ...clean({ reason: request.reason }) }),
    resumeRun: (caller, request) => resumeRun(as(caller), { runId: request.id, ...clean({ reason: request.reason }) }),
    undoRun: (caller, { id, phase, reason }) => undoEndedRun(as(caller), { runId: id, phase, ...clean({ reason }) }),
    handOverRun: (caller, { id, to, stepId, reason }) =>
      handOver(as(caller), { runId: id, stepId, to, ...clean({ reason }) }),
    skipStep: (caller, { id, step, reason }) =>
      passOverStep({ ...as(caller), access: roleOf(caller) }, { runId: id, stepId: step, ...clean({ reason }) }),
    breakGlass: (caller, request) =>
      breakGlass(as(caller), caller, { ...request, ...clean({ reason: request.reason }) }),
    reviewApproval: (caller, request) =>
      reviewBreakGlass(as(caller), caller, { ...request, ...clean({ note: request.note }) }),
    retryStep: (caller, { id, step, reason }) =>
      retryStep(as(caller), { runId: id, stepId: step, ...clean({ reason }) }),
  };
}
