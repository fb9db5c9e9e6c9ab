import { folderScanRequest, scanRequest, scanView } from "@firebreak/protocol";
import { scanParams } from "../indicator-requests.ts";
import { pageQuery } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { scanHitPage, scanPage } from "../schemas.ts";

const tag = "Indicators";

export const scanRoutes = [
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/scans",
    operationId: "requestIndicatorScan",
    summary: "Look for the indicators in stored events or in archives of evidence",
    tag,
    access: "responder",
    body: scanRequest,
    response: scanView,
    handler: ({ services, caller }, { body }) => services.requestIndicatorScan(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/scans/folder",
    operationId: "requestFolderScan",
    summary: "Look for the indicators in a folder of the server's machine",
    tag,
    access: "admin",
    body: folderScanRequest,
    response: scanView,
    handler: ({ services, caller }, { body: { path, alert } }) =>
      services.requestIndicatorScan(caller, { target: { kind: "folder", path }, alert }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/indicators/scans",
    operationId: "listIndicatorScans",
    summary: "Scans for indicators, newest first",
    tag,
    access: "viewer",
    response: scanPage,
    handler: ({ services, caller }) => services.listIndicatorScans(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/indicators/scans/:id",
    operationId: "getIndicatorScan",
    summary: "One scan and how far it is",
    tag,
    access: "viewer",
    params: scanParams,
    response: scanView,
    handler: ({ services, caller }, { params }) => services.getIndicatorScan(caller, params),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/indicators/scans/:id/hits",
    operationId: "listIndicatorScanHits",
    summary: "What a scan found, the gravest first",
    tag,
    access: "viewer",
    params: scanParams,
    query: pageQuery,
    response: scanHitPage,
    handler: ({ services, caller }, { params, query }) =>
      services.listIndicatorScanHits(caller, { ...params, ...query }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/scans/:id/cancel",
    operationId: "cancelIndicatorScan",
    summary: "End a scan that waits or runs; what it found stays",
    tag,
    access: "responder",
    params: scanParams,
    response: scanView,
    handler: ({ services, caller }, { params }) => services.cancelIndicatorScan(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/indicators/scans/:id/alert",
    operationId: "alertIndicatorScan",
    summary: "Make alerts of what a scan found, but of what was told already",
    tag,
    access: "responder",
    params: scanParams,
    response: scanView,
    handler: ({ services, caller }, { params }) => services.alertIndicatorScan(caller, params),
  }),
];
