import { healthView, liveMessage, overview, readinessView } from "@firebreak/protocol";
import { z } from "zod";
import { defineDoorRoute, definePublicRoute, defineRoute } from "../route.ts";

const tag = "System";

export const systemRoutes = [
  definePublicRoute({
    method: "GET",
    path: "/health",
    operationId: "getHealth",
    summary: "Is this process alive?",
    tag,
    response: healthView,
    handler: ({ services }) => services.health(),
  }),
  definePublicRoute({
    method: "GET",
    path: "/ready",
    operationId: "getReadiness",
    summary: "Is everything in place to do the work? 503 with the same shape when not",
    tag,
    response: readinessView,
    otherStatuses: [503],
    handler: async ({ services, answer }) => {
      const readiness = await services.checkReadiness();
      answer.status(readiness.status === "ready" ? 200 : 503);
      return readiness;
    },
  }),
  defineDoorRoute({
    method: "GET",
    path: "/api/v1/openapi.json",
    operationId: "getOpenApi",
    summary: "This document",
    tag,
    access: "public",
    media: "document",
    response: z.record(z.string(), z.unknown()),
  }),
  defineDoorRoute({
    method: "GET",
    path: "/metrics",
    operationId: "getMetrics",
    summary: "For Prometheus; on the machine itself without a token",
    tag,
    access: "viewer",
    media: "metrics",
    response: z.string(),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/overview",
    operationId: "getOverview",
    summary: "What is wrong, what is stopped, what to do next",
    tag,
    access: "viewer",
    response: overview,
    handler: ({ services, caller }) => services.getOverview(caller),
  }),
  defineDoorRoute({
    method: "GET",
    path: "/api/v1/live",
    operationId: "streamLive",
    summary: "Server-sent events: one `change` for each thing that changed, to be fetched again",
    tag,
    access: "viewer",
    media: "event-stream",
    response: liveMessage,
  }),
];
