export * from "./canonical-json.ts";
export * from "./clock.ts";
export * from "./config/index.ts";
export * from "./errors.ts";
export * from "./ids.ts";
export * from "./logger.ts";
export * from "./private-files.ts";
export * from "./process-identity.ts";
