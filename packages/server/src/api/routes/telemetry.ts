import {
  agentEventInput,
  agentView,
  eventFacets,
  eventHistogram,
  eventPage,
  intakeReceipt,
  sessionView,
  syslogView,
  tailsView,
} from "@firebreak/protocol";
import type { FieldError, IntakeReceipt } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError } from "../../kernel/index.ts";
import {
  agentParams,
  eventFacetsQuery,
  eventHistogramQuery,
  eventsQuery,
  newSessionRequest,
  pageQuery,
  sessionParams,
  sessionStateRequest,
  sessionsQuery,
} from "../requests.ts";
import { defineBatchRoute, defineOtlpRoute, defineRoute } from "../route.ts";
import { agentPage, coveragePage, newSessionView, sessionPage } from "../schemas.ts";

const tag = "Telemetry";

/** A batch of which nothing could be kept is an error; one of which something could is a receipt that names the rest. */
function refuseEmptyHanded(receipt: IntakeReceipt): IntakeReceipt {
  if (receipt.rejectedTotal === 0 || receipt.accepted + receipt.duplicates > 0) return receipt;
  const errors: FieldError[] = receipt.rejected.map(({ line, message }) => ({ where: `line ${line}`, message }));
  const first = errors[0] === undefined ? "" : ` The first: ${errors[0].where}: ${errors[0].message}`;
  throw new FirebreakError("invalid_body", `None of the ${receipt.rejectedTotal} events could be accepted.${first}`, {
    errors,
  });
}

const otlpRoutes = (["traces", "logs", "metrics"] as const).map((signal) =>
  defineOtlpRoute({
    method: "POST",
    path: `/v1/${signal}`,
    operationId: `exportOtlp${signal[0]?.toUpperCase()}${signal.slice(1)}`,
    summary: `OTLP/HTTP: ${signal} of OpenTelemetry, in protobuf or JSON`,
    tag,
    signal,
    handler: ({ services, caller }, request) => services.acceptOtlp(caller, request),
  }),
);

export const telemetryRoutes = [
  ...otlpRoutes,
  defineBatchRoute({
    method: "POST",
    path: "/api/v1/events",
    operationId: "sendEvents",
    summary: "Send telemetry: one event, an array, or NDJSON. 200 means stored for good, with the refused lines named",
    tag,
    access: "agent",
    body: z.union([agentEventInput, z.array(agentEventInput)]),
    response: intakeReceipt,
    handler: async ({ services, caller }, batch) => refuseEmptyHanded(await services.acceptEvents(caller, batch)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/events",
    operationId: "listEvents",
    summary: "Search stored telemetry, newest first",
    tag,
    access: "viewer",
    query: eventsQuery,
    response: eventPage,
    handler: ({ services, caller }, { query }) => services.listEvents(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/events/histogram",
    operationId: "getEventHistogram",
    summary: "How many events of a search there are over time, by outcome, risk or kind",
    tag,
    access: "viewer",
    query: eventHistogramQuery,
    response: eventHistogram,
    handler: ({ services, caller }, { query }) => services.getEventHistogram(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/events/facets",
    operationId: "getEventFacets",
    summary: "The packs, agents, kinds, outcomes and risks that most events of a search have",
    tag,
    access: "viewer",
    query: eventFacetsQuery,
    response: eventFacets,
    handler: ({ services, caller }, { query }) => services.getEventFacets(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/tails",
    operationId: "listTails",
    summary: "Log files that are read as they grow, and how each fares",
    tag,
    access: "viewer",
    response: tailsView,
    handler: ({ services, caller }) => services.listTails(caller),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/syslog",
    operationId: "listSyslogListeners",
    summary: "Listeners for system logs over the network, and how each fares",
    tag,
    access: "viewer",
    response: syslogView,
    handler: ({ services, caller }) => services.listSyslogListeners(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sessions",
    operationId: "registerSession",
    summary: "A supervisor reports a session that starts, and gets the token to speak for it",
    tag,
    access: "responder",
    body: newSessionRequest,
    response: newSessionView,
    status: 201,
    handler: ({ services, caller }, { body }) => services.registerSession(caller, body),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/sessions",
    operationId: "listSessions",
    summary: "Supervised sessions, newest first",
    tag,
    access: "viewer",
    query: sessionsQuery,
    response: sessionPage,
    handler: ({ services, caller }, { query }) => services.listSessions(caller, query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sessions/:id/state",
    operationId: "recordSessionState",
    summary: "A supervisor reports that its session runs, is frozen, or has ended",
    tag,
    access: "agent",
    params: sessionParams,
    body: sessionStateRequest,
    response: sessionView,
    handler: ({ services, caller }, { params, body }) => services.recordSessionState(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/sessions/:id/heartbeat",
    operationId: "beatSession",
    summary: "A supervisor reports that its session is alive",
    tag,
    access: "agent",
    params: sessionParams,
    response: sessionView,
    handler: ({ services, caller }, { params }) => services.beatSession(caller, params),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/coverage",
    operationId: "listCoverage",
    summary: "Per agent, what is enforced and what is only observed: its supervisor and the gates before its calls",
    tag,
    access: "viewer",
    query: pageQuery,
    response: coveragePage,
    handler: ({ services, caller }, { query }) => services.listCoverage(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/agents",
    operationId: "listAgents",
    summary: "Agents ever seen, with their holds and their session",
    tag,
    access: "viewer",
    query: pageQuery,
    response: agentPage,
    handler: ({ services, caller }, { query }) => services.listAgents(caller, query),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/agents/:id",
    operationId: "getAgent",
    summary: "One agent",
    tag,
    access: "viewer",
    params: agentParams,
    response: agentView,
    handler: ({ services, caller }, { params }) => services.getAgent(caller, params),
  }),
];
