export { closeBreaker, isolateBreaker } from "./change-breaker.ts";
export { openPolicyKeeper, THROTTLE_TTL_MS } from "./keep-policy.ts";
export type { PolicyKeeper } from "./keep-policy.ts";
export { listBreakers } from "./list-breakers.ts";
export { listBudgets } from "./list-budgets.ts";
export { loadPolicies } from "./load-policies.ts";
export { resetBudget } from "./reset-budget.ts";
export { showPolicy, viewOfLoaded } from "./show-policy.ts";
export { tendLedger } from "./tend-ledger.ts";
