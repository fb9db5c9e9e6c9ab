import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { listDeliveries, retryDelivery } from "../../notify/index.ts";
import { abortRun, completeManualStep, getRun, listRuns } from "../../playbooks/index.ts";
import type { ApiServices } from "../services.ts";
import { createTypedTextMask } from "../typed-text.ts";
import { roleOf } from "./run-services.ts";

type WorkServices = Pick<
  ApiServices,
  "listRuns" | "getRun" | "completeStep" | "abortRun" | "listDeliveries" | "retryDelivery"
>;

export function workServices(house: House): WorkServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const clean = createTypedTextMask(house.profile.redaction);
  return {
    listRuns: async (_caller, { incident, limit }) => ({
      items: await listRuns(house.database, { limit, ...(incident === undefined ? {} : { incidentId: incident }) }),
      next: null,
    }),
    getRun: (_caller, { id }) => getRun(house.database, id),
    completeStep: (caller, { id, step, note, result, checked, captured, option }) =>
      completeManualStep(
        { ...as(caller), access: roleOf(caller) },
        { runId: id, stepId: step, result, checked, option, ...clean({ note }), captured: clean(captured) },
      ),
    abortRun: (caller, { id, reason }) => abortRun(as(caller), { runId: id, reason }),
    listDeliveries: (_caller, query) => listDeliveries(house, query),
    retryDelivery: (caller, { id }) => retryDelivery(as(caller), id),
  };
}
