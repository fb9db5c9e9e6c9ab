export * from "./access.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./holds.ts";
export * from "./ids.ts";
export * from "./incident.ts";
export * from "./killswitch.ts";
export * from "./severity.ts";
