import {
  carryOutPersonErasureRequest,
  newPersonErasureRequest,
  personErasure,
  withdrawPersonErasureRequest,
} from "@firebreak/protocol";
import { personErasureParams } from "../requests.ts";
import { defineRoute } from "../route.ts";
import { personErasurePage } from "../schemas.ts";

const tag = "Retention";

/** For administrators alone: what is looked for is personal data itself. */
export const personErasureRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/person-erasures",
    operationId: "listPersonErasures",
    summary: "Erasures of persons, those that are open first",
    tag,
    access: "admin",
    response: personErasurePage,
    handler: ({ services, caller }) => services.listPersonErasures(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/person-erasures",
    operationId: "findPerson",
    summary: "Look for what is kept of a person, by values or patterns; nothing is changed",
    tag,
    access: "admin",
    body: newPersonErasureRequest,
    response: personErasure,
    status: 201,
    handler: ({ services, caller }, { body }) => services.findPerson(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/person-erasures/:id",
    operationId: "getPersonErasure",
    summary: "What was found or erased of a person, by store, and what stays and why",
    tag,
    access: "admin",
    params: personErasureParams,
    response: personErasure,
    handler: ({ services, caller }, { params }) => services.getPersonErasure(caller, params),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/person-erasures/:id/carry-out",
    operationId: "carryOutPersonErasure",
    summary: "Ask a second person to approve the erasure of what was found; alone only where nobody else could",
    tag,
    access: "admin",
    params: personErasureParams,
    body: carryOutPersonErasureRequest,
    response: personErasure,
    handler: ({ services, caller }, { params, body }) => services.carryOutPersonErasure(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/person-erasures/:id/withdraw",
    operationId: "withdrawPersonErasure",
    summary: "Give an erasure up before it has begun, and forget what was looked for",
    tag,
    access: "admin",
    params: personErasureParams,
    body: withdrawPersonErasureRequest,
    response: personErasure,
    handler: ({ services, caller }, { params, body }) => services.withdrawPersonErasure(caller, { ...params, ...body }),
  }),
];
