export type { InvestigationContext } from "./context.ts";
export { getImpact, refreshImpact, refreshStaleImpact } from "./impact/keep-impact.ts";
export { getTimeline } from "./timeline/get-timeline.ts";
export type { TimelineQuery } from "./timeline/get-timeline.ts";
export { markEntry } from "./timeline/marks.ts";
