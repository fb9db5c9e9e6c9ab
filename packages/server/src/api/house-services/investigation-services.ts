import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { getTimeline, markEntry } from "../../investigation/index.ts";
import type { ApiServices } from "../services.ts";

type InvestigationServices = Pick<ApiServices, "getTimeline" | "markTimeline">;

export function investigationServices(house: House): InvestigationServices {
  return {
    getTimeline: (_caller, { id, ...query }) => getTimeline(house, id, query),
    markTimeline: (caller, { id, ...mark }) => markEntry(contextFor(house, caller.actor), id, mark),
  };
}
