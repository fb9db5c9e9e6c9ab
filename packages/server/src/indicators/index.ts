export { addIndicators, importIndicators } from "./add-indicators.ts";
export type { IndicatorContext } from "./context.ts";
export { normalizeIndicator } from "./normalize.ts";
export { listIndicators } from "./list-indicators.ts";
export type { IndicatorFilters } from "./list-indicators.ts";
export { removeIndicator } from "./remove-indicator.ts";
export { watchIndicators } from "./watch-indicators.ts";
export type { IndicatorWatch } from "./watch-indicators.ts";
