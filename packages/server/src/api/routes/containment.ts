import { guardView } from "@firebreak/protocol";
import { defineRoute } from "../route.ts";

const tag = "Containment";

export const containmentRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/guard",
    operationId: "getGuard",
    summary: "What the resource guard of the node that answers sees: levels, history, who uses most",
    tag,
    access: "viewer",
    response: guardView,
    handler: ({ services, caller }) => services.getGuard(caller),
  }),
];
