/** How gates keep budgets and breakers on a host: for the server, which shows them and lets people reset them. */
export { BreakerFold } from "./breaker-log.ts";
export type { BreakerState } from "./breaker-log.ts";
export { BudgetFold } from "./budget-log.ts";
export { breakerPath, budgetPath, ledgerDirOf } from "./places.ts";
export { SharedLog, textIn } from "./shared-log.ts";
export { amountOf, unitsOf } from "./units.ts";
export { windowAt } from "./window.ts";
