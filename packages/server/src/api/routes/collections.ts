import { collectionView } from "@firebreak/protocol";
import { evidenceParams, newCollectionRequest } from "../evidence-requests.ts";
import { defineRoute } from "../route.ts";
import { collectionPage } from "../schemas.ts";

export const collectionRoutes = [
  defineRoute({
    method: "POST",
    path: "/api/v1/evidence/collections",
    operationId: "startCollection",
    summary:
      "Collect evidence of an agent, a session, an incident's agents or the server's host; it goes on after the answer",
    tag: "Evidence",
    access: "responder",
    body: newCollectionRequest,
    response: collectionView,
    status: 202,
    handler: ({ services, caller }, { body }) => services.startCollection(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/evidence/collections",
    operationId: "listCollections",
    summary: "Collections that are under way here, were cut off, or failed",
    tag: "Evidence",
    access: "viewer",
    response: collectionPage,
    handler: ({ services, caller }) => services.listCollections(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/evidence/collections/:id",
    operationId: "getCollection",
    summary: "How far one collection has come; when it is sealed, how complete the archive of the same id is",
    tag: "Evidence",
    access: "viewer",
    params: evidenceParams,
    response: collectionView,
    handler: ({ services, caller }, { params }) => services.getCollection(caller, params),
  }),
];
