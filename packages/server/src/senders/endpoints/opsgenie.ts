/** The Opsgenie Alert API, answered as Opsgenie does: requests are taken in, and whether the alert exists is another matter. */
import { randomUUID } from "node:crypto";
import { ERROR_CODES } from "@firebreak/protocol";
import type { FirebreakError } from "../../kernel/index.ts";
import { keyOf, requireSource } from "../authenticate.ts";
import type { SenderContext } from "../context.ts";
import { MIB } from "../endpoint.ts";
import type { Endpoint, WireAnswer, WireRequest } from "../endpoint.ts";
import { firstText, isObject, refuse as unreadable } from "../reading.ts";
import type { ReaderContext, Reading } from "../reading.ts";
import { acceptSignals, keepRefused, readerContextOf } from "../receive.ts";
import { readAction, readNewAlert } from "../vendors/opsgenie.ts";

function accepted(): WireAnswer {
  return { status: 202, body: { result: "Request will be processed", took: 0.001, requestId: randomUUID() } };
}

/** Errors are given by the field they belong to. */
function unprocessable(errors: readonly string[]): WireAnswer {
  const fields = errors.map((error) => error.split(": ")).map(([field = "", ...rest]) => [field, rest.join(": ")]);
  const message = "Request body is not processable. Please check the errors.";
  return { status: 422, body: { message, errors: Object.fromEntries(fields), took: 0.001, requestId: randomUUID() } };
}

function refuse(fault: FirebreakError): WireAnswer {
  const { status } = ERROR_CODES[fault.code];
  const message = fault.code === "unauthenticated" ? `Could not authenticate. ${fault.message}` : fault.message;
  return { status, body: { message, took: 0.001, requestId: randomUUID() } };
}

type Read = (request: WireRequest, body: unknown, ctx: ReaderContext) => Reading;

async function answer(ctx: SenderContext, request: WireRequest, endpoint: string, read: Read): Promise<WireAnswer> {
  const source = await requireSource(ctx, keyOf(request), ["opsgenie"], {
    endpoint,
    summary: "",
    address: request.address,
  });
  const body = request.json();
  const reading = read(request, body, readerContextOf(ctx, source));
  if (!reading.ok) {
    const summary = isObject(body) ? firstText(body["message"], body["alias"]) : "";
    await keepRefused(ctx, source, { endpoint, errors: reading.errors, summary });
    return unprocessable(reading.errors);
  }
  await acceptSignals(ctx, source, reading.signals);
  return accepted();
}

function define(own: Pick<Endpoint, "method" | "path" | "operationId" | "summary">, read: Read): Endpoint {
  return {
    ...own,
    status: 202,
    bodyBytesMax: MIB,
    access: "source",
    answer: (ctx, request) => answer(ctx, request, `${own.method} ${own.path}`, read),
    refuse,
  };
}

const aliasOf = (request: WireRequest) => request.params["alias"] ?? "";

export const opsgenieEndpoints: readonly Endpoint[] = [
  define(
    { method: "POST", path: "/v2/alerts", operationId: "opsgenieCreateAlert", summary: "Opsgenie: create an alert" },
    (_request, body, ctx) =>
      isObject(body) ? readNewAlert(body, ctx) : unreadable("body: Request body must be a JSON object."),
  ),
  define(
    {
      method: "POST",
      path: "/v2/alerts/:alias/close",
      operationId: "opsgenieCloseAlert",
      summary: "Opsgenie: close an alert by its alias",
    },
    (request, body, ctx) => readAction("resolve", aliasOf(request), body, ctx),
  ),
  define(
    {
      method: "POST",
      path: "/v2/alerts/:alias/acknowledge",
      operationId: "opsgenieAcknowledgeAlert",
      summary: "Opsgenie: acknowledge an alert by its alias",
    },
    (request, body, ctx) => readAction("acknowledge", aliasOf(request), body, ctx),
  ),
];
