import { newSourceView, sourceDetail, sourceTestView } from "@firebreak/protocol";
import { ENDPOINTS, newSourceRequest, rotateSourceRequest } from "../../senders/index.ts";
import { pageQuery, refusalsQuery, sourceParams, testSourceRequest } from "../requests.ts";
import { defineRoute, defineWireRoute } from "../route.ts";
import { changePage, refusalPage, sourcePage } from "../schemas.ts";

const tag = "Senders";

const sourceRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/sources",
    operationId: "listSources",
    summary: "Configured senders, and how they fare",
    tag,
    access: "viewer",
    response: sourcePage,
    handler: ({ services, caller }) => services.listSources(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sources",
    operationId: "createSource",
    summary: "Let a sender in; its key is shown once, with the lines for its configuration",
    tag,
    access: "admin",
    body: newSourceRequest,
    response: newSourceView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.createSource(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/sources/:name",
    operationId: "getSource",
    summary: "One sender, with its last refused messages",
    tag,
    access: "viewer",
    params: sourceParams,
    response: sourceDetail,
    handler: ({ services, caller }, { params }) => services.getSource(caller, params),
  }),
  defineRoute({
    method: "DELETE",
    path: "/api/v1/sources/:name",
    operationId: "removeSource",
    summary: "Let a sender in no more",
    tag,
    access: "admin",
    params: sourceParams,
    handler: ({ services, caller }, { params }) => services.removeSource(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sources/:name/rotate",
    operationId: "rotateSource",
    summary: "Give a sender a new key; the old one works on for a while",
    tag,
    access: "admin",
    params: sourceParams,
    body: rotateSourceRequest,
    response: newSourceView,
    handler: ({ services, caller }, { params, body }) => services.rotateSource(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sources/:name/test",
    operationId: "testSource",
    summary: "What a body would become if this sender sent it; nothing is kept",
    tag,
    access: "responder",
    params: sourceParams,
    body: testSourceRequest,
    response: sourceTestView,
    handler: ({ services, caller }, { params, body }) => services.testSource(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/refusals",
    operationId: "listRefusals",
    summary: "Messages of senders that were refused, newest first",
    tag,
    access: "viewer",
    query: refusalsQuery,
    response: refusalPage,
    handler: ({ services, caller }, { query }) => services.listRefusals(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/changes",
    operationId: "listChanges",
    summary: "What senders say was changed, newest first",
    tag,
    access: "viewer",
    query: pageQuery,
    response: changePage,
    handler: ({ services, caller }, { query }) => services.listChanges(caller, query),
  }),
];

export const senderRoutes = [...sourceRoutes, ...ENDPOINTS.map(defineWireRoute)];
