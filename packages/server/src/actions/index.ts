export { applyAction } from "./apply-action.ts";
export type { ActionContext } from "./context.ts";
export { getAction, listActions } from "./list-actions.ts";
export type { ActionFilters } from "./list-actions.ts";
export { listEffectors } from "./list-effectors.ts";
export { previewAction } from "./preview-action.ts";
export { reconcileActions, tendActions, isActionDue } from "./tend-actions.ts";
export { undoAction } from "./undo-action.ts";
export { verifyAction } from "./verify-action.ts";
