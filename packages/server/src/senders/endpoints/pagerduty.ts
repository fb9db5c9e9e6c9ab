/** PagerDuty's Events API, answered in its own words: clients tell success from failure by them. */
import { ERROR_CODES } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import { requireSource } from "../authenticate.ts";
import { recordChange } from "../changes.ts";
import type { SenderContext } from "../context.ts";
import { KIB } from "../endpoint.ts";
import type { Endpoint, WireAnswer, WireRequest } from "../endpoint.ts";
import { firstText, isObject } from "../reading.ts";
import type { Json } from "../reading.ts";
import { acceptSignals, actorOf, keepRefused, readerContextOf } from "../receive.ts";
import { isKeyShaped } from "../source.ts";
import type { Source } from "../source.ts";
import { readChange, readEventV1, readEventV2 } from "../vendors/pagerduty.ts";

const BODY_BYTES_MAX = 512 * KIB;

function invalid(...errors: readonly string[]): WireAnswer {
  return { status: 400, body: { status: "invalid event", message: "Event object is invalid", errors } };
}

/**
 * 400 says "never again": for what is broken and for keys that nobody has (a right key answers 202 from then on, and the
 * refusal is on the list). Whatever may pass is 429 or 5xx.
 */
function refuse(fault: FirebreakError): WireAnswer {
  const { status } = ERROR_CODES[fault.code];
  if (fault.code === "bad_request") {
    const errors = ["JSON parse error", fault.message];
    return {
      status: 400,
      body: { status: "Unrecognized object", message: "Event object format is unrecognized", errors },
    };
  }
  if (fault.code === "unauthenticated") return invalid("Invalid routing key", fault.message);
  return { status, body: { status: "error", message: fault.message, errors: [] } };
}

interface Claimed {
  readonly source: Source;
  readonly body: Json;
}

/** @returns whom the event's key belongs to, or the answer to one without */
async function claim(
  ctx: SenderContext,
  request: WireRequest,
  endpoint: string,
  name: "routing_key" | "service_key",
): Promise<Claimed | WireAnswer> {
  const body = request.json();
  if (!isObject(body)) throw new FirebreakError("bad_request", "The body is not a JSON object.");
  const key = body[name];
  if (typeof key !== "string" || key === "") return invalid(`'${name}' is missing or blank`);
  if (!isKeyShaped(key)) return invalid(`Length of '${name}' is incorrect (should be 32 characters)`);
  const unclaimed = { endpoint, summary: summaryOf(body), address: request.address };
  return { source: await requireSource(ctx, key, ["pagerduty"], unclaimed), body };
}

function summaryOf(body: Json): string {
  const payload = isObject(body["payload"]) ? body["payload"] : {};
  return firstText(payload["summary"], body["description"], body["dedup_key"], body["incident_key"]);
}

const eventsV2: Endpoint = {
  method: "POST",
  path: "/v2/enqueue",
  operationId: "pagerDutyEnqueue",
  summary: "PagerDuty Events API v2: trigger, acknowledge, resolve",
  status: 202,
  bodyBytesMax: BODY_BYTES_MAX,
  access: "source",
  answer: async (ctx, request) => {
    const claimed = await claim(ctx, request, "POST /v2/enqueue", "routing_key");
    if (!("source" in claimed)) return claimed;
    const { source, body } = claimed;
    const read = readEventV2(body, readerContextOf(ctx, source));
    if (!read.ok) {
      await keepRefused(ctx, source, { endpoint: "POST /v2/enqueue", errors: read.errors, summary: summaryOf(body) });
      return invalid(...read.errors);
    }
    await acceptSignals(ctx, source, read.signals);
    return { status: 202, body: { status: "success", message: "Event processed", dedup_key: read.key } };
  },
  refuse,
};

const changeEvents: Endpoint = {
  method: "POST",
  path: "/v2/change/enqueue",
  operationId: "pagerDutyEnqueueChange",
  summary: "PagerDuty Events API v2: something was changed (opens no incident)",
  status: 202,
  bodyBytesMax: BODY_BYTES_MAX,
  access: "source",
  answer: async (ctx, request) => {
    const claimed = await claim(ctx, request, "POST /v2/change/enqueue", "routing_key");
    if (!("source" in claimed)) return claimed;
    const { source, body } = claimed;
    const read = readChange(body, readerContextOf(ctx, source));
    if (!read.ok) {
      const message = { endpoint: "POST /v2/change/enqueue", errors: read.errors, summary: summaryOf(body) };
      await keepRefused(ctx, source, message);
      return invalid(...read.errors);
    }
    await recordChange({ ...ctx, actor: actorOf(source) }, source.name, read.change);
    ctx.sources.count(source.name, "accepted");
    return { status: 202, body: { status: "success", message: "Change event processed" } };
  },
  refuse,
};

const V1 = "/generic/2010-04-15/create_event.json";

const eventsV1: Endpoint = {
  method: "POST",
  path: V1,
  operationId: "pagerDutyCreateEvent",
  summary: "PagerDuty Events API v1",
  status: 200,
  bodyBytesMax: BODY_BYTES_MAX,
  access: "source",
  answer: async (ctx, request) => {
    const claimed = await claim(ctx, request, `POST ${V1}`, "service_key");
    if (!("source" in claimed)) return claimed;
    const { source, body } = claimed;
    const read = readEventV1(body, readerContextOf(ctx, source));
    if (!read.ok) {
      await keepRefused(ctx, source, { endpoint: `POST ${V1}`, errors: read.errors, summary: summaryOf(body) });
      return invalid(...read.errors);
    }
    await acceptSignals(ctx, source, read.signals);
    return { status: 200, body: { status: "success", message: "Event processed", incident_key: read.key } };
  },
  // this version says "too many" as 403
  refuse: (fault) => (fault.code === "too_many_requests" ? { ...refuse(fault), status: 403 } : refuse(fault)),
};

export const pagerDutyEndpoints: readonly Endpoint[] = [eventsV2, changeEvents, eventsV1];
