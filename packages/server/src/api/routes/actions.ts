import { actionPreview, actionPreviewRequest, actionView, newActionRequest } from "@firebreak/protocol";
import { actionParams, actionsQuery, effectorParams, reasonRequest } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { actionPage, effectorPage } from "../schemas.ts";

const tag = "Actions";

export const actionRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/effectors",
    operationId: "listEffectors",
    summary: "What can act here, what each takes, and what it lacks",
    tag,
    access: "viewer",
    response: effectorPage,
    handler: ({ services, caller }) => services.listEffectors(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/effectors/:name/preview",
    operationId: "previewAction",
    summary: "What an effector would do with these parameters; changes nothing",
    tag,
    access: "responder",
    params: effectorParams,
    body: actionPreviewRequest,
    response: actionPreview,
    handler: ({ services, caller }, { params, body }) => services.previewAction(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/actions",
    operationId: "applyAction",
    summary: "Apply an effector; one that destroys evidence needs a commander",
    tag,
    access: "responder",
    body: newActionRequest,
    response: actionView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.applyAction(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/actions",
    operationId: "listActions",
    summary: "Effectors that were applied outside playbooks, newest first",
    tag,
    access: "viewer",
    query: actionsQuery,
    response: actionPage,
    handler: ({ services, caller }, { query }) => services.listActions(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/actions/:id",
    operationId: "getAction",
    summary: "One action",
    tag,
    access: "viewer",
    params: actionParams,
    response: actionView,
    handler: ({ services, caller }, { params }) => services.getAction(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/actions/:id/undo",
    operationId: "undoAction",
    summary: "Take an action back, with the reason",
    tag,
    access: "commander",
    params: actionParams,
    body: reasonRequest,
    response: actionView,
    handler: ({ services, caller }, { params, body }) => services.undoAction(caller, { ...params, ...body }),
  }),
];
