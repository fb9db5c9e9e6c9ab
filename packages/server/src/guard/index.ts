export type { Victim } from "./choose-victim.ts";
export type { GateThrottle, Guard } from "./guard.ts";
export { measureHost } from "./measure-host.ts";
export type { ProcessUsage } from "./process-meter.ts";
export { openGuard } from "./open-guard.ts";
export type { GuardSurroundings } from "./open-guard.ts";
export { emergencyAlert } from "./resource-alerts.ts";
export { SAMPLE_EVERY_MS } from "./watch-host.ts";
