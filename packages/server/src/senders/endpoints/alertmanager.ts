/** Alertmanager's API v2: Prometheus, vmalert, the Loki ruler and amtool take Firebreak for an Alertmanager. */
import { ERROR_CODES } from "@firebreak/protocol";
import type { FirebreakError } from "../../kernel/index.ts";
import { toIso } from "../../kernel/index.ts";
import { keyOf, requireSource } from "../authenticate.ts";
import type { SenderContext } from "../context.ts";
import { KIB, MIB } from "../endpoint.ts";
import type { Endpoint, WireAnswer, WireRequest } from "../endpoint.ts";
import { acceptSignals, keepRefused, readerContextOf, readJson } from "../receive.ts";
import {
  deleteSilence,
  getAlertGroups,
  getAlerts,
  getOneSilence,
  getSilences,
  postSilence,
  RECEIVER,
} from "./alertmanager-reads.ts";
import { readPostedAlerts } from "../vendors/alertmanager.ts";

/** Errors are a JSON string. Prometheus sends again what it may, with or without an answer: alerts are repeated while they fire. */
function refuse(fault: FirebreakError): WireAnswer {
  const { status } = ERROR_CODES[fault.code];
  return { status: status === 422 || status === 409 ? 400 : status, body: fault.message };
}

const POST_ALERTS = "POST /api/v2/alerts";

async function postAlerts(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const unclaimed = { endpoint: POST_ALERTS, summary: "", address: request.address };
  const source = await requireSource(ctx, keyOf(request), ["alertmanager"], unclaimed);
  const { signals, errors } = readPostedAlerts(
    await readJson(ctx, source, POST_ALERTS, request),
    readerContextOf(ctx, source),
  );
  if (signals.length > 0) await acceptSignals(ctx, source, signals);
  if (errors.length === 0) return { status: 200 };
  const summary = signals[0]?.title ?? "";
  await keepRefused(ctx, source, { endpoint: POST_ALERTS, errors: errors.slice(0, 20), summary });
  return { status: 400, body: errors.slice(0, 20).join("; ") };
}

async function getStatus(ctx: SenderContext): Promise<WireAnswer> {
  const build = { version: ctx.version, revision: "", branch: "", buildUser: "", buildDate: "", goVersion: "" };
  const body = {
    cluster: { status: "disabled", peers: [] },
    versionInfo: build,
    config: { original: "# This is Firebreak: its routes and receivers are in its profile.\n" },
    uptime: toIso(ctx.startedAtMs),
  };
  return { status: 200, body };
}

function define(own: Pick<Endpoint, "method" | "path" | "operationId" | "summary" | "access" | "answer">): Endpoint {
  return { ...own, status: 200, bodyBytesMax: own.path === "/api/v2/alerts" ? 8 * MIB : 256 * KIB, refuse };
}

export const alertmanagerEndpoints: readonly Endpoint[] = [
  define({
    method: "POST",
    path: "/api/v2/alerts",
    operationId: "alertmanagerPostAlerts",
    summary: "Alertmanager API v2: alerts that fire, repeated until they are over",
    access: "source",
    answer: postAlerts,
  }),
  define({
    method: "GET",
    path: "/api/v2/alerts",
    operationId: "alertmanagerGetAlerts",
    summary: "Alertmanager API v2: open alerts; a source sees its own, an API token all",
    access: "source",
    answer: getAlerts,
  }),
  define({
    method: "GET",
    path: "/api/v2/alerts/groups",
    operationId: "alertmanagerGetAlertGroups",
    summary: "Alertmanager API v2: open alerts by name",
    access: "source",
    answer: getAlertGroups,
  }),
  define({
    method: "GET",
    path: "/api/v2/silences",
    operationId: "alertmanagerGetSilences",
    summary: "Alertmanager API v2: silences",
    access: "viewer",
    answer: getSilences,
  }),
  define({
    method: "POST",
    path: "/api/v2/silences",
    operationId: "alertmanagerPostSilence",
    summary: "Alertmanager API v2: silence alerts, or change a silence",
    access: "responder",
    answer: postSilence,
  }),
  define({
    method: "GET",
    path: "/api/v2/silence/:id",
    operationId: "alertmanagerGetSilence",
    summary: "Alertmanager API v2: one silence",
    access: "viewer",
    answer: getOneSilence,
  }),
  define({
    method: "DELETE",
    path: "/api/v2/silence/:id",
    operationId: "alertmanagerDeleteSilence",
    summary: "Alertmanager API v2: end a silence",
    access: "responder",
    answer: deleteSilence,
  }),
  define({
    method: "GET",
    path: "/api/v2/status",
    operationId: "alertmanagerGetStatus",
    summary: "Alertmanager API v2: version and uptime",
    access: null,
    answer: getStatus,
  }),
  define({
    method: "GET",
    path: "/api/v2/receivers",
    operationId: "alertmanagerGetReceivers",
    summary: "Alertmanager API v2: the one receiver",
    access: null,
    answer: async () => ({ status: 200, body: [RECEIVER] }),
  }),
  define({
    method: "GET",
    path: "/-/healthy",
    operationId: "alertmanagerIsHealthy",
    summary: "Alertmanager: is this process alive?",
    access: null,
    answer: async () => ({ status: 200, text: "OK" }),
  }),
  define({
    method: "GET",
    path: "/-/ready",
    operationId: "alertmanagerIsReady",
    summary: "Alertmanager: does it take alerts?",
    access: null,
    answer: async (ctx) => {
      await ctx.sources.findByName("");
      return { status: 200, text: "OK" };
    },
  }),
];
