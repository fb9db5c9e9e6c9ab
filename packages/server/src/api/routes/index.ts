import type { Route } from "../route.ts";
import { accessRoutes } from "./access.ts";
import { actionRoutes } from "./actions.ts";
import { alertRoutes } from "./alerts.ts";
import { approvalRoutes } from "./approvals.ts";
import { auditRoutes } from "./audit.ts";
import { collectionRoutes } from "./collections.ts";
import { containmentRoutes } from "./containment.ts";
import { drillRoutes } from "./drills.ts";
import { explorerRoutes } from "./explorer.ts";
import { evidenceRoutes } from "./evidence.ts";
import { gateRoutes } from "./gates.ts";
import { incidentRoutes } from "./incidents.ts";
import { indicatorRoutes } from "./indicators.ts";
import { investigationRoutes } from "./investigation.ts";
import { killswitchRoutes } from "./killswitch.ts";
import { originalRoutes } from "./originals.ts";
import { playbookRoutes } from "./playbooks.ts";
import { policyRoutes } from "./policies.ts";
import { personErasureRoutes } from "./person-erasures.ts";
import { retentionRoutes } from "./retention.ts";
import { senderRoutes } from "./senders.ts";
import { systemRoutes } from "./system.ts";
import { telemetryRoutes } from "./telemetry.ts";
import { runRoutes } from "./runs.ts";
import { workRoutes } from "./work.ts";
import { workshopRoutes } from "./workshop.ts";

/** Every endpoint of the API. */
export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  ...accessRoutes,
  ...auditRoutes,
  ...telemetryRoutes,
  ...explorerRoutes,
  ...alertRoutes,
  ...incidentRoutes,
  ...investigationRoutes,
  ...originalRoutes,
  ...indicatorRoutes,
  ...gateRoutes,
  ...killswitchRoutes,
  ...approvalRoutes,
  ...containmentRoutes,
  ...actionRoutes,
  ...collectionRoutes,
  ...policyRoutes,
  ...retentionRoutes,
  ...personErasureRoutes,
  ...runRoutes,
  ...workRoutes,
  ...playbookRoutes,
  ...drillRoutes,
  ...evidenceRoutes,
  ...senderRoutes,
  ...workshopRoutes,
];
