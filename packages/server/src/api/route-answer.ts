import type { Turnstile } from "../kernel/index.ts";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { INTAKE_LIMITS } from "@firebreak/protocol";
import { stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../access/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { decodeContent } from "./content-encoding.ts";
import { decodeJson } from "./json-body.ts";
import { OTLP_MEDIA_TYPES, otlpEncodingOf } from "./otlp-answer.ts";
import type { HttpServerOptions } from "./options.ts";
import { noteRefusal } from "./note-refusal.ts";
import { refuseSupervised } from "./refuse-supervised.ts";
import { SESSION_COOKIE, authorize, bearerOf, isLoopback, sessionCookieOf } from "./request-guard.ts";
import type { Answer, RawInput, Route } from "./route.ts";
import type { Download } from "./explorer-api.ts";
import type { RawBatch } from "./services.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** who was recognised; null on public routes */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** the route reads bodies with a Content-Encoding */
    readonly takesEncodings?: boolean;
  }
}

type Options = HttpServerOptions & {
  readonly openApi: () => unknown;
  /** answers that go on until the server ends them */
  readonly feeds: Set<ServerResponse>;
  /** a fleet of gates that comes back at once must not stand before a person who stops something */
  readonly feedDoor: Turnstile;
};

/** How one route of the table is answered over HTTP: the check of who calls, before the body is read; then the handler. */
export function answerRoute(route: Route, options: Options) {
  return {
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      void reply.header("cache-control", "no-store");
      // a source's key is looked at by its endpoint, which knows where the vendor puts it
      if (route.access === "public" || route.access === "source") return;
      const authenticate = () => options.authenticate(credentialsOf(request));
      const found = await (route.openFeed === null ? authenticate() : options.feedDoor.pass(authenticate));
      if (route.media === "metrics" && isFromThisMachine(request)) return;
      try {
        request.caller = { ...authorize(found, route.access), address: request.ip };
      } catch (fault) {
        noteRefusal(options, route, { caller: found, address: request.ip }, fault);
        throw fault;
      }
    },
    handler: (request: FastifyRequest, reply: FastifyReply): unknown => {
      const { caller } = request;
      refuseSupervised(route, request, options);
      if (route.media === "document") return options.openApi();
      if (route.media === "metrics") return answerMetrics(reply, options);
      if (route.media === "otlp") return answerOtlp(route, request, reply, options);
      if (route.media === "event-stream") return streamLive(request, reply, caller, options);
      if (route.media === "download") return sendDownload(route, request, reply, options);
      if (route.openFeed !== null) return streamFeed(route.openFeed, request, reply, options);
      return answerJson(route, request, reply, caller, options);
    },
  };
}

function credentialsOf(request: FastifyRequest) {
  const user = request.headers["x-firebreak-user"];
  const bearer = bearerOf(request.headers);
  return {
    bearer,
    // a token goes before a cookie
    cookie: bearer === undefined ? sessionCookieOf(request.headers) : undefined,
    user: typeof user === "string" ? user : undefined,
    address: request.ip,
  };
}

async function answerJson(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | null,
  options: Options,
): Promise<unknown> {
  const context = { services: options.services, address: request.ip, answer: answerOf(reply, options) };
  void reply.code(route.status);
  const input = await rawInputOf(route, request);
  const result = await route.run(context, caller, input).catch((fault: unknown) => {
    noteRefusal(options, route, { caller, address: request.ip }, fault);
    throw fault;
  });
  if (route.operationId === "signOut" && caller?.webSessionId) options.live.closeSession(caller.webSessionId);
  if (route.response === null) return reply.send();
  if (options.config.validateResponses === true) checkAnswer(route, result);
  return result;
}

/** What a proxy on this machine passes on comes from elsewhere: then it takes a token. A token that is shown is judged. */
function isFromThisMachine({ ip, headers }: FastifyRequest): boolean {
  const isJudged = ["authorization", "forwarded", "x-forwarded-for", "x-real-ip", "via"].some(
    (name) => headers[name] !== undefined,
  );
  return !isJudged && isLoopback(ip.replace(/^::ffff:/, ""));
}

async function answerMetrics(reply: FastifyReply, { services }: Options): Promise<FastifyReply> {
  const text = await services.readMetrics();
  return reply.type("text/plain; version=0.0.4; charset=utf-8").send(text);
}

async function answerOtlp(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): Promise<FastifyReply> {
  const encoding = otlpEncodingOf(request.headers["content-type"]);
  if (encoding === undefined) {
    throw new FirebreakError("unsupported_media_type", "Send OTLP as application/x-protobuf or application/json.");
  }
  const packed = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const body = await decodeContent(packed, request.headers["content-encoding"], INTAKE_LIMITS.bodyBytesMax);
  const context = { services: options.services, address: request.ip, answer: answerOf(reply, options) };
  const { params, query } = request;
  const answer = await route.run(context, request.caller, {
    params,
    query,
    body: null,
    batch: null,
    otlp: { encoding, body },
  });
  return reply.code(route.status).type(OTLP_MEDIA_TYPES[encoding]).send(answer);
}

async function rawInputOf(route: Route, request: FastifyRequest): Promise<RawInput> {
  const { params, query } = request;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const media = mediaTypeOf(request);
  if (route.media === "batch") {
    const content = await decodeContent(body, request.headers["content-encoding"], INTAKE_LIMITS.bodyBytesMax);
    return { params, query, body: null, batch: { body: content, contentType: media } };
  }
  if (media !== "application/json") throw new FirebreakError("unsupported_media_type", "Send application/json.");
  return { params, query, body: decodeJson(body), batch: null };
}

const NDJSON = "application/x-ndjson";

/** A body without bytes may come without a type. */
function mediaTypeOf(request: FastifyRequest): RawBatch["contentType"] {
  const given = request.headers["content-type"] ?? "application/json";
  if (given === "application/json" || given === NDJSON) return given;
  const [media = "", ...parameters] = given.toLowerCase().split(";");
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new FirebreakError("unsupported_media_type", "Send UTF-8.");
  }
  if (media.trim() === NDJSON) return NDJSON;
  if (media.trim() === "application/json") return "application/json";
  throw new FirebreakError("unsupported_media_type", "Send JSON, as application/json.");
}

function answerOf(reply: FastifyReply, options: Options): Answer {
  const setCookie = (value: string, end: { maxAge: number } | { expires: Date }) => {
    const secure = options.config.publicUrl?.startsWith("https:") === true;
    const cookie = { name: SESSION_COOKIE, value, path: "/", httpOnly: true, sameSite: "strict", secure } as const;
    void reply.header("set-cookie", stringifySetCookie({ ...cookie, ...end }));
  };
  return {
    status: (code) => void reply.code(code),
    setSessionCookie: (value, expiresAtMs) => {
      setCookie(value, { maxAge: Math.max(0, Math.floor((expiresAtMs - options.clock.now()) / 1000)) });
    },
    clearSessionCookie: () => setCookie("", { expires: LONG_AGO }),
  };
}

const LONG_AGO = new Date(0);

/** The stream leaves Fastify's hands: the hub writes it, asks again and again whether it may, and ends it. */
function streamLive(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | null,
  options: Options,
): FastifyReply {
  setStreamHeaders(reply, {});
  const isStillAllowed = askAgain(request, options);
  options.live.attach({ response: reply.raw, webSessionId: caller?.webSessionId ?? null, isStillAllowed });
  return reply.hijack();
}

async function streamFeed(
  open: NonNullable<Route["openFeed"]>,
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): Promise<FastifyReply> {
  const context = { services: options.services, address: request.ip, answer: answerOf(reply, options) };
  const feed = await options.feedDoor.pass(() => open(context, request.caller, request.query));
  setStreamHeaders(reply, feed.headers);
  // a stop may not wait for more bytes to share its packet with
  request.raw.socket.setNoDelay(true);
  feed.start(reply.raw, askAgain(request, options));
  options.feeds.add(reply.raw);
  reply.raw.on("close", () => options.feeds.delete(reply.raw));
  return reply.hijack();
}

/** Whatever a file holds, a browser may only keep it: it is never shown, guessed at or run in the console's name. */
async function sendDownload(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): Promise<FastifyReply> {
  const context = { services: options.services, address: request.ip, answer: answerOf(reply, options) };
  const { params, query } = request;
  const { caller } = request;
  const file = await route.run(context, caller, { params, query, body: null, batch: null }).catch((fault: unknown) => {
    noteRefusal(options, route, { caller, address: request.ip }, fault);
    throw fault;
  });
  if (!isDownload(file)) throw new Error(`${route.operationId} answers with a file, and gave none`);
  return reply
    .code(route.status)
    .header("content-security-policy", "default-src 'none'; sandbox")
    .header("content-disposition", `attachment; filename="${file.fileName.replaceAll(/[^\w.-]/g, "_")}"`)
    .type(file.mediaType)
    .send(Readable.from(file.content, { objectMode: false }));
}

function isDownload(value: unknown): value is Download {
  return typeof value === "object" && value !== null && "content" in value && "fileName" in value;
}

function setStreamHeaders(reply: FastifyReply, more: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...more }))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.setHeader("content-type", "text/event-stream; charset=utf-8");
  reply.raw.setHeader("x-accel-buffering", "no");
}

function askAgain(request: FastifyRequest, options: Options): () => Promise<boolean> {
  const credentials = { ...credentialsOf(request), passive: true };
  return async () => (await options.authenticate(credentials)) !== null;
}

/** @throws Error when an answer is not as its schema says, or says more */
function checkAnswer(route: Route, result: unknown): void {
  const plain: unknown = JSON.parse(JSON.stringify(result ?? null));
  const parsed = route.response?.safeParse(plain);
  if (parsed?.success === false)
    throw new Error(`the answer of ${route.operationId} is not valid: ${parsed.error.message}`);
  if (!isDeepStrictEqual(plain, JSON.parse(JSON.stringify(parsed?.data ?? null)))) {
    throw new Error(`the answer of ${route.operationId} holds fields that its schema does not name`);
  }
}
