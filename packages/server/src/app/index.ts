export { databaseStatus, exportTo, importFrom } from "./database-tools.ts";
export { contextFor, DAEMON } from "./house.ts";
export type { House } from "./house.ts";
export { listHoldHistory, listStops } from "./killswitch-records.ts";
export { openHouse } from "./open-house.ts";
export type { HouseOptions, OpenHouse } from "./open-house.ts";
export { getOverview } from "./overview.ts";
export { recordStop, resumeHold, stopAgents } from "./stop-and-resume.ts";
export { watchChanges } from "./watch-changes.ts";
