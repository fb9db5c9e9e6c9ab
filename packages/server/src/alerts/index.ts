export { judgeMatch } from "./judge-match.ts";
export type { AlertProfile } from "./judge-match.ts";
export { countOpenAlerts, getAlert, listAlerts, resolveAlertsOfAgent, resolveAlertsOfIncident } from "./list-alerts.ts";
export type { AlertContext, AlertFilters } from "./list-alerts.ts";
export { raiseAlert, raiseAlerts } from "./raise-alert.ts";
export type { Finding, Raised, RaiseContext } from "./raise-alert.ts";
