import { FEED_PATH } from "@firebreak/protocol";
import { z } from "zod";
import { gateFeedQuery, sessionParams, stopReportRequest } from "../requests.ts";
import { defineFeedRoute, defineRoute } from "../route.ts";

const tag = "Gates";

export const gateRoutes = [
  defineFeedRoute({
    method: "GET",
    path: FEED_PATH,
    operationId: "openGateFeed",
    access: "agent",
    summary: "Server-sent events, signed: what is stopped (`state`), the lease to act (`lease`), the gates' `policy`",
    tag,
    query: gateFeedQuery,
    response: z.string(),
    handler: ({ services, caller }, query) => services.openGateFeed(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sessions/:id/stops",
    operationId: "reportStop",
    summary:
      "A supervisor on another host reports what came of a hold, with its own token: an agent vouches for no stop",
    tag,
    access: "responder",
    params: sessionParams,
    body: stopReportRequest,
    handler: ({ services, caller }, { params, body }) => services.reportStop(caller, { ...params, ...body }),
  }),
];
