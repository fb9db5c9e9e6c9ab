import type { DrillRecord, DrillSummary, DrillView } from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { DrillQuery } from "./drill-schemas.ts";

/** What drills of playbooks came to. */
export interface DrillApi {
  listDrills(caller: Caller, query: DrillQuery): Promise<{ items: DrillSummary[]; next: string | null }>;
  getDrill(caller: Caller, request: { readonly id: string }): Promise<DrillView>;
  recordDrill(caller: Caller, record: DrillRecord): Promise<DrillView>;
}
