import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  changeSavedView,
  createSavedView,
  EXPORT_MEDIA_TYPES,
  getEvent,
  getExport,
  getSessionReplay,
  listExports,
  listSavedViews,
  openExport,
  removeSavedView,
  requestExport,
  summarizeSession,
} from "../../explorer/index.ts";
import type { ExplorerApi } from "../explorer-api.ts";

export function explorerServices(house: House): ExplorerApi {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  return {
    getEvent: (_caller, { seq }) => getEvent(house, seq),
    getSessionReplay: (_caller, { id, ...query }) => getSessionReplay(house, { session: id, ...query }),
    getSessionReplaySummary: (_caller, { id, agent }) => summarizeSession(house, { session: id, agent }),
    requestExport: (caller, request) => requestExport(as(caller), request),
    listExports: (_caller, page) => listExports(house, page),
    getExport: (_caller, { id }) => getExport(house, id),
    fetchExport: async (caller, { id }) => {
      const { view, content } = await openExport({ ...as(caller), version: house.version }, id);
      return { fileName: view.fileName, mediaType: EXPORT_MEDIA_TYPES[view.format], content };
    },
    listSavedViews: async (caller) => ({ items: await listSavedViews(as(caller)), next: null }),
    createSavedView: (caller, request) => createSavedView(as(caller), request),
    changeSavedView: (caller, request) => changeSavedView(as(caller), request),
    removeSavedView: (caller, { id }) =>
      removeSavedView(as(caller), { id, mayRemoveOthers: caller.access === "admin" }),
  };
}
