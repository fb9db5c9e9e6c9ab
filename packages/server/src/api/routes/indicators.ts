import { importIndicatorsRequest, indicatorReceipt, newIndicatorsRequest } from "@firebreak/protocol";
import { indicatorParams, indicatorsQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { indicatorPage } from "../schemas.ts";

const tag = "Indicators";

export const indicatorRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/indicators",
    operationId: "listIndicators",
    summary: "Indicators of compromise and what is allowed, newest first",
    tag,
    access: "viewer",
    query: indicatorsQuery,
    response: indicatorPage,
    handler: ({ services, caller }, { query }) => services.listIndicators(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators",
    operationId: "addIndicators",
    summary: "Report these addresses, names and hashes from now on, or never",
    tag,
    access: "responder",
    body: newIndicatorsRequest,
    response: indicatorReceipt,
    handler: ({ services, caller }, { body }) => services.addIndicators(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/import",
    operationId: "importIndicators",
    summary: "Read a list of indicators: text, CSV or STIX 2.1",
    tag,
    access: "responder",
    body: importIndicatorsRequest,
    response: indicatorReceipt,
    handler: ({ services, caller }, { body }) => services.importIndicators(caller, body),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/indicators/:id",
    operationId: "removeIndicator",
    summary: "Take an indicator off the list",
    tag,
    access: "responder",
    params: indicatorParams,
    handler: ({ services, caller }, { params }) => services.removeIndicator(caller, params),
  }),
];
