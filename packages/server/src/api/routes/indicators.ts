import {
  extractedIndicators,
  extractIndicatorsRequest,
  importIndicatorsRequest,
  indicatorReceipt,
  indicatorRemovalPreview,
  newIndicatorsRequest,
} from "@firebreak/protocol";
import { z } from "zod";
import { indicatorExportQuery, indicatorParams, indicatorsQuery } from "../indicator-requests.ts";
import { defineDownloadRoute, defineRoute } from "../route.ts";
import { indicatorPage } from "../schemas.ts";

import { scanRoutes } from "./indicator-scans.ts";

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
    summary: "Read a list of indicators: text, CSV, STIX 2.1 or MISP",
    tag,
    access: "responder",
    body: importIndicatorsRequest,
    response: indicatorReceipt,
    handler: ({ services, caller }, { body }) => services.importIndicators(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/extract",
    operationId: "extractIndicators",
    summary: "What in a text could be an indicator; nothing is kept",
    tag,
    access: "viewer",
    body: extractIndicatorsRequest,
    response: extractedIndicators,
    handler: ({ services, caller }, { body }) => services.extractIndicators(caller, body),
  }),
  defineDownloadRoute({
    method: "GET",
    path: "/api/v1/indicators/export",
    operationId: "exportIndicators",
    summary: "The indicators in force as a file: STIX 2.1, CSV or text; the audit log records it",
    tag,
    access: "responder",
    params: z.strictObject({}),
    query: indicatorExportQuery,
    handler: ({ services, caller }, _params, query) => services.exportIndicators(caller, query),
  }),
  ...scanRoutes,
  defineRoute({
    method: "GET",
    path: "/api/v1/indicators/:id/removal",
    operationId: "previewIndicatorRemoval",
    summary: "What taking an indicator off the list would touch; nothing is changed",
    tag,
    access: "viewer",
    params: indicatorParams,
    response: indicatorRemovalPreview,
    handler: ({ services, caller }, { params }) => services.previewIndicatorRemoval(caller, params),
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
