import {
  eventDetail,
  eventFacets,
  eventHistogram,
  eventExportFormat,
  exportState,
  exportView,
  momentAnswer,
  momentDenial,
  momentText,
  newExportRequest,
  newSavedViewRequest,
  pageOf,
  savedView,
  sessionMark,
  sessionMoment,
  sessionReplayPage,
  sessionReplaySummary,
} from "@firebreak/protocol";

export const exportPage = pageOf(exportView);
export const savedViewPage = pageOf(savedView);

/** What the explorer answers, as `components/schemas` names it. */
export const EXPLORER_ANSWERS = {
  EventDetail: eventDetail,
  EventFacets: eventFacets,
  EventHistogram: eventHistogram,
  EventExportFormat: eventExportFormat,
  ExportState: exportState,
  ExportView: exportView,
  ExportPage: exportPage,
  MomentAnswer: momentAnswer,
  MomentDenial: momentDenial,
  MomentText: momentText,
  SavedView: savedView,
  SavedViewPage: savedViewPage,
  SessionMark: sessionMark,
  SessionMoment: sessionMoment,
  SessionReplayPage: sessionReplayPage,
  SessionReplaySummary: sessionReplaySummary,
};

/** What it is sent. */
export const EXPLORER_REQUESTS = {
  NewExportRequest: newExportRequest,
  NewSavedViewRequest: newSavedViewRequest,
};
