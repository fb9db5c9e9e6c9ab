import { holdCovers } from "@firebreak/protocol";
import type { IncidentDetail, IncidentGuidance } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { listAlerts } from "../../alerts/index.ts";
import { contextFor, listStops } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { listEvidence } from "../../evidence/index.ts";
import {
  acknowledgeIncident,
  addNote,
  changeIncidentState,
  changeSeverity,
  getIncident,
  listIncidents,
  listStormAgents,
  reportIncident,
  resolveIncident,
} from "../../incidents/index.ts";
import { draftReview, getReview } from "../../learning/index.ts";
import { listDeliveries } from "../../notify/index.ts";
import { listRuns } from "../../playbooks/index.ts";
import { guideIncident } from "../../reactions/index.ts";
import { createTypedTextMask } from "../typed-text.ts";
import type { ApiServices } from "../services.ts";

type IncidentServices = Pick<
  ApiServices,
  | "listIncidents"
  | "getIncident"
  | "getGuidance"
  | "listStormAgents"
  | "reportIncident"
  | "acknowledgeIncident"
  | "resolveIncident"
  | "addNote"
  | "changeSeverity"
  | "changeIncidentState"
  | "getReview"
  | "draftReview"
>;

/** More of anything than this on one incident is reached through its own list. */
const PARTS_MAX = 200;

/** The incident with what the other rooms know of it. */
async function assembleIncident(house: House, id: string): Promise<IncidentDetail> {
  const incident = await getIncident(house, id);
  const [alerts, runs, stops, evidence, deliveries] = await Promise.all([
    listAlerts(house, { incident: id, limit: PARTS_MAX }),
    listRuns(house.database, { incidentId: id, limit: PARTS_MAX }),
    listStops(house, { incidentId: id }),
    listEvidence(house, { incidentId: id }),
    listDeliveries(house, { incident: id, limit: PARTS_MAX }),
  ]);
  const subject = {
    agent: incident.agentId ?? undefined,
    pack: incident.pack ?? undefined,
    session: incident.sessionId ?? undefined,
  };
  const holds = house.killswitch
    .current()
    .holds.filter((hold) => hold.incidentId === id || (incident.agentId !== null && holdCovers(hold, subject)));
  return { ...incident, alerts: alerts.items, runs, stops, holds, evidence, deliveries: deliveries.items };
}

async function guidanceOf(house: House, id: string): Promise<IncidentGuidance> {
  const incident = await getIncident(house, id);
  const { items } = await listAlerts(house, { incident: id, limit: PARTS_MAX });
  const ruleIds = [...new Set(items.flatMap(({ ruleId }) => ruleId ?? []))];
  return guideIncident(house.profile, house.playbooks.playbooks, { ...incident, ruleIds });
}

export function incidentServices(house: House): IncidentServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const clean = createTypedTextMask(house.profile.redaction);
  return {
    listIncidents: (_caller, query) => listIncidents(house, query),
    getIncident: (_caller, { id }) => assembleIncident(house, id),
    getGuidance: (_caller, { id }) => guidanceOf(house, id),
    listStormAgents: (_caller, query) => listStormAgents(house, query),
    reportIncident: async (caller, request) =>
      assembleIncident(house, (await reportIncident(as(caller), clean(request))).id),
    acknowledgeIncident: async (caller, request) => {
      await acknowledgeIncident(as(caller), request);
      return assembleIncident(house, request.id);
    },
    resolveIncident: async (caller, request) => {
      await resolveIncident(as(caller), clean(request));
      return assembleIncident(house, request.id);
    },
    addNote: async (caller, request) => {
      await addNote(as(caller), clean(request));
      return assembleIncident(house, request.id);
    },
    changeSeverity: async (caller, request) => {
      await changeSeverity(as(caller), clean(request));
      return assembleIncident(house, request.id);
    },
    changeIncidentState: async (caller, request) => {
      await changeIncidentState(as(caller), clean(request));
      return assembleIncident(house, request.id);
    },
    getReview: (_caller, { id }) => getReview(house, id),
    draftReview: (caller, { id }) => draftReview(as(caller), id),
  };
}
