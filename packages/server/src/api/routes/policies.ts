import { breakerRequest, breakerView, policyView, resetBudgetRequest } from "@firebreak/protocol";
import { ledgerQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { breakerPage, budgetPage } from "../schemas.ts";

const tag = "Policies";

export const policyRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/policy",
    operationId: "getPolicy",
    summary: "What gates enforce beside stops, and what of the policy files does not load",
    tag,
    access: "viewer",
    response: policyView,
    handler: ({ services, caller }) => services.getPolicy(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/budgets",
    operationId: "listBudgets",
    summary: "What was taken of each budget in its present window, the fullest first",
    tag,
    access: "viewer",
    query: ledgerQuery,
    response: budgetPage,
    handler: ({ services, caller }, { query }) => services.listBudgets(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/budgets/reset",
    operationId: "resetBudget",
    summary: "Give a budget anew for the rest of its window",
    tag,
    access: "commander",
    body: resetBudgetRequest,
    response: budgetPage,
    handler: ({ services, caller }, { body }) => services.resetBudget(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/breakers",
    operationId: "listBreakers",
    summary: "Circuit breakers that something happened to, what is off first",
    tag,
    access: "viewer",
    query: ledgerQuery,
    response: breakerPage,
    handler: ({ services, caller }, { query }) => services.listBreakers(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/breakers/isolate",
    operationId: "isolateBreaker",
    summary: "Keep an agent, tool or integration off until a person closes its breaker",
    tag,
    access: "responder",
    body: breakerRequest,
    response: breakerView,
    handler: ({ services, caller }, { body }) => services.isolateBreaker(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/breakers/close",
    operationId: "closeBreaker",
    summary: "Let acts pass again that failures or a person had cut off",
    tag,
    access: "commander",
    body: breakerRequest,
    response: breakerView,
    handler: ({ services, caller }, { body }) => services.closeBreaker(caller, body),
  }),
];
