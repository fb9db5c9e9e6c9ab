import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { getDrill, listDrills, recordDrill } from "../../drills/index.ts";
import type { DrillApi } from "../drill-api.ts";

export function drillServices(house: House): DrillApi {
  return {
    listDrills: async (_caller, query) => ({ items: await listDrills(house.database, query), next: null }),
    getDrill: (_caller, { id }) => getDrill(house.database, id),
    recordDrill: (caller, record) => recordDrill(contextFor(house, caller.actor), record),
  };
}
