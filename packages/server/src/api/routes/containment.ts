import { containmentReport, containmentView, guardView, reactionView } from "@firebreak/protocol";
import { containmentReportQuery, reactionParams, reactionsQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { reactionPage } from "../schemas.ts";

const tag = "Automatic containment";

export const containmentRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/containment",
    operationId: "getContainment",
    summary: "Rules of automatic containment with what they did in a day, the guard rails and how much of them is used",
    tag,
    access: "viewer",
    response: containmentView,
    handler: ({ services, caller }) => services.getContainment(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/containment/report",
    operationId: "reportContainment",
    summary: "What automatic containment did, asked and would have done in the last hours, with its blast radius",
    tag,
    access: "viewer",
    query: containmentReportQuery,
    response: containmentReport,
    handler: ({ services, caller }, { query }) => services.reportContainment(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/reactions",
    operationId: "listReactions",
    summary: "What automatic containment decided, newest first",
    tag,
    access: "viewer",
    query: reactionsQuery,
    response: reactionPage,
    handler: ({ services, caller }, { query }) => services.listReactions(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/reactions/:id",
    operationId: "getReaction",
    summary: "One decision of automatic containment: what, on whom, with what, and what came of it",
    tag,
    access: "viewer",
    params: reactionParams,
    response: reactionView,
    handler: ({ services, caller }, { params }) => services.getReaction(caller, params),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/guard",
    operationId: "getGuard",
    summary: "What the resource guard of the node that answers sees: levels, history, who uses most",
    tag,
    access: "viewer",
    response: guardView,
    handler: ({ services, caller }) => services.getGuard(caller),
  }),
];
