export { systemClock } from "./clock.ts";
export type { GateClock } from "./clock.ts";
export { gateOptionsFrom } from "./environment.ts";
export { createGate, GateDeniedError } from "./gate.ts";
export type { Allowed, Decision, Denied, Gate, GateAction, GateOptions, GateStatus } from "./gate.ts";
export type { TelemetryEvent } from "./telemetry.ts";
