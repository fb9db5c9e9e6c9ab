import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { appendCustody, getEvidence, listEvidence, openEvidenceKey, verifyArchive } from "../../evidence/index.ts";
import { toIso } from "../../kernel/index.ts";
import { listDeliveries, retryDelivery } from "../../notify/index.ts";
import { abortRun, completeManualStep, getRun, listRuns, viewPlaybook } from "../../playbooks/index.ts";
import type { ApiServices } from "../services.ts";

type WorkServices = Pick<
  ApiServices,
  | "listRuns"
  | "getRun"
  | "completeStep"
  | "abortRun"
  | "listPlaybooks"
  | "listEvidence"
  | "getEvidence"
  | "verifyEvidence"
  | "listDeliveries"
  | "retryDelivery"
>;

/** Verifies with this installation's key, and puts the look into the archive's custody log. */
async function verifyEvidence(house: House, caller: Caller, id: string) {
  const archive = await getEvidence(house, id);
  const verdict = await verifyArchive(archive.directory, { expectedKeyId: openEvidenceKey(house.config.home).keyId });
  if (verdict.intact) {
    appendCustody(archive.directory, {
      at: toIso(house.clock.now()),
      act: "verified",
      actor: `${caller.actor.kind} ${caller.actor.name}`,
      reason: "verification asked for",
      manifest_sha256: archive.manifestSha256,
    });
  }
  const { intact, findings, items, manifestSha256, signedBy } = verdict;
  return { id, intact, findings: [...findings], items, manifestSha256, signedBy };
}

export function workServices(house: House): WorkServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  return {
    listRuns: async (_caller, { incident, limit }) => ({
      items: await listRuns(house.database, { limit, ...(incident === undefined ? {} : { incidentId: incident }) }),
      next: null,
    }),
    getRun: (_caller, { id }) => getRun(house.database, id),
    completeStep: (caller, { id, step, note, result }) =>
      completeManualStep(as(caller), { runId: id, stepId: step, result, note }),
    abortRun: (caller, { id, reason }) => abortRun(as(caller), { runId: id, reason }),
    listPlaybooks: async () => ({ items: [...house.playbooks.playbooks.values()].map(viewPlaybook), next: null }),
    listEvidence: async (_caller, { incident }) => ({
      items: await listEvidence(house, { incidentId: incident }),
      next: null,
    }),
    getEvidence: (_caller, { id }) => getEvidence(house, id),
    verifyEvidence: (caller, { id }) => verifyEvidence(house, caller, id),
    listDeliveries: (_caller, query) => listDeliveries(house, query),
    retryDelivery: (caller, { id }) => retryDelivery(as(caller), id),
  };
}
