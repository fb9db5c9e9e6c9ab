import { FEED_PATH } from "@firebreak/protocol";
import { z } from "zod";
import { gateFeedQuery } from "../requests.ts";
import { defineFeedRoute } from "../route.ts";

const tag = "Gates";

export const gateRoutes = [
  defineFeedRoute({
    method: "GET",
    path: FEED_PATH,
    operationId: "openGateFeed",
    summary: "Server-sent events, signed: what is stopped (`state`), the lease to act (`lease`), the gates' `policy`",
    tag,
    query: gateFeedQuery,
    response: z.string(),
    handler: ({ services, caller }, query) => services.openGateFeed(caller, query),
  }),
];
