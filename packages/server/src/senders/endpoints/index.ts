import type { Endpoint } from "../endpoint.ts";
import { alertmanagerEndpoints } from "./alertmanager.ts";
import { hookEndpoints } from "./hooks.ts";
import { opsgenieEndpoints } from "./opsgenie.ts";
import { pagerDutyEndpoints } from "./pagerduty.ts";

/** Every address of another vendor's API that is served. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...hookEndpoints,
  ...alertmanagerEndpoints,
  ...pagerDutyEndpoints,
  ...opsgenieEndpoints,
];
