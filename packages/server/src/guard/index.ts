export { createGuard } from "./guard.ts";
export type { Guard, GuardOptions } from "./guard.ts";
export { openGuard } from "./open-guard.ts";
export { SAMPLE_EVERY_MS } from "./watch-host.ts";
