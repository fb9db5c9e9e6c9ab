export type { InvestigationContext } from "./context.ts";
export { exportImpact } from "./export/export-impact.ts";
export { exportTimeline } from "./export/export-timeline.ts";
export { findImpact, getImpact, refreshImpact, refreshStaleImpact, hasOpenIncidents } from "./impact/keep-impact.ts";
export { getTimeline } from "./timeline/get-timeline.ts";
export type { TimelineQuery } from "./timeline/get-timeline.ts";
export { markEntry } from "./timeline/marks.ts";
