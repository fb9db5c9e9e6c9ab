import { impactView, investigationTimeline, timelineMarkRequest } from "@firebreak/protocol";
import { impactQuery, incidentParams, timelineQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";

const tag = "Investigation";

export const investigationRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/incidents/:id/timeline",
    operationId: "getTimeline",
    summary: "What happened, out of every source in one order",
    tag,
    access: "viewer",
    params: incidentParams,
    query: timelineQuery,
    response: investigationTimeline,
    handler: ({ services, caller }, { params, query }) => services.getTimeline(caller, { ...params, ...query }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/incidents/:id/timeline/marks",
    operationId: "markTimeline",
    summary: "Pin, hide or annotate an entry; the entry itself stays as it is",
    tag,
    access: "responder",
    params: incidentParams,
    body: timelineMarkRequest,
    handler: ({ services, caller }, { params, body }) => services.markTimeline(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/incidents/:id/impact",
    operationId: "getImpact",
    summary: "What the incident did, as computed last or in a version",
    tag,
    access: "viewer",
    params: incidentParams,
    query: impactQuery,
    response: impactView,
    handler: ({ services, caller }, { params, query }) => services.getImpact(caller, { ...params, ...query }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/incidents/:id/impact",
    operationId: "refreshImpact",
    summary: "Compute the impact anew; a version is kept when something changed",
    tag,
    access: "responder",
    params: incidentParams,
    response: impactView,
    handler: ({ services, caller }, { params }) => services.refreshImpact(caller, params),
  }),
];
