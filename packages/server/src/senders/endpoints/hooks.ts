/** `/hooks/NAME`: for senders whose vendor lets the receiver choose the address. */
import { ERROR_CODES } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import { requireHook } from "../authenticate.ts";
import type { SenderContext } from "../context.ts";
import { MIB } from "../endpoint.ts";
import type { Endpoint, WireAnswer, WireRequest } from "../endpoint.ts";
import { firstText, isObject } from "../reading.ts";
import type { ReaderContext, Reading } from "../reading.ts";
import { acceptSignals, keepRefused, readerContextOf, readJson } from "../receive.ts";
import type { Source } from "../source.ts";
import { readWebhook } from "../vendors/alertmanager.ts";
import { eventsOf, readEvents } from "../vendors/cloudevents.ts";
import { DEFAULT_TEMPLATE, readByTemplate } from "../vendors/webhook.ts";

const RETRY_AFTER_SECONDS = 30;

/**
 * Alertmanager and Grafana drop an alert for ever on any 4xx, 429 included, and send it again on 5xx: so what may pass is
 * said as 503.
 */
function refuse(fault: FirebreakError): WireAnswer {
  const status = fault.code === "too_many_requests" ? 503 : ERROR_CODES[fault.code].status;
  const body = { title: ERROR_CODES[fault.code].title, status, detail: fault.message, errors: fault.errors };
  const wait = String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
  return { status, body, ...(status === 503 ? { headers: { "retry-after": wait } } : {}) };
}

/** @returns what was read, by the format of the source's kind */
export function readHook(
  source: Source,
  request: Pick<WireRequest, "headers" | "body" | "json">,
  ctx: ReaderContext,
): Reading | "unsupported" {
  switch (source.kind) {
    case "alertmanager":
    case "grafana":
      return readWebhook(request.json(), ctx);
    case "cloudevents": {
      const events = eventsOf(request);
      return events === "unsupported" ? events : readEvents(events, source.template, ctx);
    }
    case "webhook":
      return readByTemplate(request.json(), source.template ?? DEFAULT_TEMPLATE, ctx);
    case "pagerduty":
    case "opsgenie":
      throw new FirebreakError("not_found", `Senders of the kind ${source.kind} have addresses of their own.`);
  }
}

async function answer(method: string, ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const source = await requireHook(ctx, request);
  const endpoint = `${method} /hooks/${source.name}`;
  // read here, so that a body that is no JSON is kept; events in binary mode may be anything
  const isBinary = request.headers["ce-specversion"] !== undefined;
  const body = isBinary ? undefined : await readJson(ctx, source, endpoint, request);
  const json = isBinary ? request.json : () => body;
  const reading = readHook(source, { ...request, json }, readerContextOf(ctx, source));
  if (reading === "unsupported") {
    const media = "application/cloudevents+json, application/cloudevents-batch+json, or the headers ce-…";
    throw new FirebreakError("unsupported_media_type", `Send a CloudEvent 1.0: ${media}.`);
  }
  if (!reading.ok) {
    await keepRefused(ctx, source, { endpoint, errors: reading.errors, summary: summaryOf(body) });
    const errors = reading.errors.map((message) => ({ where: "/", message }));
    throw new FirebreakError("bad_request", `The message is not as its format says: ${reading.errors[0]}.`, { errors });
  }
  await acceptSignals(ctx, source, reading.signals);
  return { status: source.kind === "cloudevents" ? 202 : 200, body: { accepted: reading.signals.length } };
}

/** What a refused message was about, for the list of refusals. */
function summaryOf(body: unknown): string {
  if (!isObject(body)) return "";
  return firstText(body["title"], body["message"], body["summary"], body["groupKey"], body["type"]);
}

const PATH = "/hooks/:name";

function hook(method: "POST" | "PUT", operationId: string, summary: string): Endpoint {
  return {
    method,
    path: PATH,
    operationId,
    summary,
    status: 200,
    bodyBytesMax: 8 * MIB,
    access: "source",
    answer: (ctx, request) => answer(method, ctx, request),
    refuse,
  };
}

/** The CloudEvents handshake (HTTP 1.1 Web Hooks for Event Delivery): may this sender send here, and how fast? */
const handshake: Endpoint = {
  method: "OPTIONS",
  path: PATH,
  operationId: "allowCloudEvents",
  summary: "CloudEvents: the sender asks whether it may send",
  status: 200,
  bodyBytesMax: MIB,
  access: null,
  answer: async (ctx, request) => {
    const source = await ctx.sources.findByName(request.params["name"] ?? "");
    const origin = request.headers["webhook-request-origin"];
    if (source?.kind !== "cloudevents" || typeof origin !== "string" || !/^[\x21-\x7E]{1,253}$/.test(origin)) {
      throw new FirebreakError("not_found", "No CloudEvents are taken at this address.");
    }
    return {
      status: 200,
      headers: { "webhook-allowed-origin": origin, "webhook-allowed-rate": "*", allow: "POST" },
    };
  },
  refuse,
};

export const hookEndpoints: readonly Endpoint[] = [
  hook("POST", "receiveHook", "Alertmanager and Grafana webhooks, CloudEvents, webhooks of your own format"),
  hook("PUT", "putHook", "The same, for Grafana contact points that PUT"),
  handshake,
];
