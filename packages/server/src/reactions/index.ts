export { followAnswer } from "./answer-reaction.ts";
export type { ReactionContext } from "./context.ts";
export { lintContainment } from "./lint-containment.ts";
export { getReaction, listReactions } from "./list-reactions.ts";
export type { ReactionFilters } from "./list-reactions.ts";
export { reactToAlert } from "./react.ts";
export { reactToEmergency } from "./react-to-emergency.ts";
export { reportContainment } from "./report-containment.ts";
export { viewContainment } from "./view-containment.ts";
