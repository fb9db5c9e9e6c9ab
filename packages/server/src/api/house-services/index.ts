import type { House } from "../../app/index.ts";
import type { ApiServices } from "../services.ts";
import { accessServices } from "./access-services.ts";
import { actionServices } from "./action-services.ts";
import { alertServices } from "./alert-services.ts";
import { approvalServices } from "./approval-services.ts";
import { auditServices } from "./audit-services.ts";
import { collectionServices } from "./collection-services.ts";
import { containmentServices } from "./containment-services.ts";
import { drillServices } from "./drill-services.ts";
import { explorerServices } from "./explorer-services.ts";
import { evidenceServices } from "./evidence-services.ts";
import { gateServices } from "./gate-services.ts";
import { incidentServices } from "./incident-services.ts";
import { indicatorServices } from "./indicator-services.ts";
import { investigationServices } from "./investigation-services.ts";
import { killswitchServices } from "./killswitch-services.ts";
import { originalServices } from "./original-services.ts";
import { playbookServices } from "./playbook-services.ts";
import { policyServices } from "./policy-services.ts";
import { retentionServices } from "./retention-services.ts";
import { runServices } from "./run-services.ts";
import { senderServices } from "./sender-services.ts";
import { systemServices } from "./system-services.ts";
import { telemetryServices } from "./telemetry-services.ts";
import { workServices } from "./work-services.ts";
import { workshopServices } from "./workshop-services.ts";

/** What the API offers, done by the rooms of one open house. */
export function createApiServices(house: House): ApiServices {
  return {
    ...systemServices(house),
    ...accessServices(house),
    ...auditServices(house),
    ...telemetryServices(house),
    ...drillServices(house),
    ...explorerServices(house),
    ...alertServices(house),
    ...incidentServices(house),
    ...investigationServices(house),
    ...originalServices(house),
    ...indicatorServices(house),
    ...gateServices(house),
    ...killswitchServices(house),
    ...containmentServices(house),
    ...approvalServices(house),
    ...actionServices(house),
    ...collectionServices(house),
    ...policyServices(house),
    ...retentionServices(house),
    ...runServices(house),
    ...workServices(house),
    ...playbookServices(house),
    ...evidenceServices(house),
    ...senderServices(house),
    ...workshopServices(house),
  };
}
