import { drillView, newDrillRecord } from "@firebreak/protocol";
import { drillPage, drillParams, drillQuery } from "../drill-schemas.ts";
import { defineRoute } from "../route.ts";

const tag = "Drills";

export const drillRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/drills",
    operationId: "listDrills",
    summary: "Drills of playbooks, newest first: how each came out, and its times",
    tag,
    access: "viewer",
    query: drillQuery,
    response: drillPage,
    handler: ({ services, caller }, { query }) => services.listDrills(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/drills/:id",
    operationId: "getDrill",
    summary: "One drill whole: fault, steps, times against targets, what was checked, what was not exercised",
    tag,
    access: "viewer",
    params: drillParams,
    response: drillView,
    handler: ({ services, caller }, { params }) => services.getDrill(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/drills",
    operationId: "recordDrill",
    summary: "Keep the record of a drill that was made",
    tag,
    access: "admin",
    status: 201,
    body: newDrillRecord,
    response: drillView,
    handler: ({ services, caller }, { body }) => services.recordDrill(caller, body),
  }),
];
