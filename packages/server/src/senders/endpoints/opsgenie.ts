/** The Opsgenie Alert API, answered as Opsgenie does: requests are taken in, and whether the alert exists is another matter. */
import { randomUUID } from "node:crypto";
import { ERROR_CODES } from "@firebreak/protocol";
import { rewordAlert } from "../../alerts/index.ts";
import type { FirebreakError } from "../../kernel/index.ts";
import { keyOf, requireSource } from "../authenticate.ts";
import type { SenderContext } from "../context.ts";
import { MIB } from "../endpoint.ts";
import type { Endpoint, WireAnswer, WireRequest } from "../endpoint.ts";
import { firstText, isObject, refuse as unreadable } from "../reading.ts";
import type { Reading, Refused } from "../reading.ts";
import { acceptSignals, actorOf, keepRefused, readerContextOf, readJson } from "../receive.ts";
import type { Source } from "../source.ts";
import { readAction, readNewAlert, readRewording } from "../vendors/opsgenie.ts";

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

/** A message about an alert, of a sender whose key is right. */
interface Said {
  readonly ctx: SenderContext;
  readonly source: Source;
  readonly alias: string;
  readonly body: unknown;
}

/** Does what is said. @returns what is wrong with it, or null */
type Act = (said: Said) => Promise<Refused | null>;

async function answer(ctx: SenderContext, request: WireRequest, endpoint: string, act: Act): Promise<WireAnswer> {
  const unclaimed = { endpoint, summary: "", address: request.address };
  const source = await requireSource(ctx, keyOf(request), ["opsgenie"], unclaimed);
  const body = request.body.length === 0 ? {} : await readJson(ctx, source, endpoint, request);
  const refused = await act({ ctx, source, alias: request.params["alias"] ?? "", body });
  if (refused === null) return accepted();
  const summary = isObject(body) ? firstText(body["message"], body["alias"]) : "";
  await keepRefused(ctx, source, { endpoint, errors: refused.errors, summary });
  return unprocessable(refused.errors);
}

/** Takes in what was read, if it could be. */
async function accept({ ctx, source }: Said, reading: Reading): Promise<Refused | null> {
  if (!reading.ok) return reading;
  await acceptSignals(ctx, source, reading.signals);
  return null;
}

const create: Act = (said) => {
  const { ctx, source, body } = said;
  const refused = unreadable("body: Request body must be a JSON object.");
  return accept(said, isObject(body) ? readNewAlert(body, readerContextOf(ctx, source)) : refused);
};

const settle =
  (action: "resolve" | "acknowledge"): Act =>
  (said) =>
    accept(said, readAction(action, said.alias, said.body, readerContextOf(said.ctx, said.source)));

/** Alertmanager says the message and the description anew, with `update_alerts`. */
const reword =
  (field: "message" | "description"): Act =>
  async ({ ctx, source, alias, body }) => {
    const read = readRewording(field, alias, body);
    if (!read.ok) return read;
    await rewordAlert({ ...ctx, actor: actorOf(source) }, { ...read.words, source: source.name, key: alias });
    ctx.sources.count(source.name, "accepted");
    return null;
  };

function define(method: "POST" | "PUT", path: string, operationId: string, summary: string, act: Act): Endpoint {
  return {
    method,
    path,
    operationId,
    summary: `Opsgenie: ${summary}`,
    status: 202,
    bodyBytesMax: MIB,
    access: "source",
    answer: (ctx, request) => answer(ctx, request, `${method} ${path}`, act),
    refuse,
  };
}

const ONE = "/v2/alerts/:alias";

export const opsgenieEndpoints: readonly Endpoint[] = [
  define("POST", "/v2/alerts", "opsgenieCreateAlert", "create an alert", create),
  define("POST", `${ONE}/close`, "opsgenieCloseAlert", "close an alert by its alias", settle("resolve")),
  define("POST", `${ONE}/acknowledge`, "opsgenieAcknowledgeAlert", "acknowledge an alert", settle("acknowledge")),
  define("PUT", `${ONE}/message`, "opsgenieUpdateMessage", "change an alert's message", reword("message")),
  define("PUT", `${ONE}/description`, "opsgenieUpdateDescription", "change its description", reword("description")),
];
