export { getExport, listExports, requestExport } from "./export/request-export.ts";
export { EXPORT_MEDIA_TYPES, openExport } from "./export/write-export.ts";
export { getEvent } from "./get-event.ts";
export { changeSavedView, createSavedView, listSavedViews, removeSavedView } from "./saved-views.ts";
export { getSessionReplay } from "./session-replay/get-session-replay.ts";
export { summarizeSession } from "./session-replay/summarize-session.ts";
