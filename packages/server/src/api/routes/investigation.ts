import { investigationTimeline, timelineMarkRequest } from "@firebreak/protocol";
import { incidentParams, timelineQuery } from "../requests.ts";
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
];
