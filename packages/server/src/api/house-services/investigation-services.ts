import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  exportImpact,
  exportTimeline,
  getImpact,
  getTimeline,
  markEntry,
  refreshImpact,
} from "../../investigation/index.ts";
import type { ApiServices } from "../services.ts";

type InvestigationServices = Pick<
  ApiServices,
  "getTimeline" | "markTimeline" | "getImpact" | "refreshImpact" | "exportTimeline" | "exportImpact"
>;

export function investigationServices(house: House): InvestigationServices {
  return {
    getTimeline: (_caller, { id, ...query }) => getTimeline(house, id, query),
    markTimeline: (caller, { id, ...mark }) => markEntry(contextFor(house, caller.actor), id, mark),
    getImpact: (_caller, { id, version }) => getImpact(house, id, version),
    refreshImpact: (caller, { id }) => refreshImpact(contextFor(house, caller.actor), id),
    exportTimeline: (caller, { id, ...request }) => exportTimeline(contextFor(house, caller.actor), id, request),
    exportImpact: (caller, { id, ...request }) => exportImpact(contextFor(house, caller.actor), id, request),
  };
}
