import { STATUS_CODES } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ERROR_CODES, INTAKE_LIMITS } from "@firebreak/protocol";
import Fastify from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { FirebreakError, codeOf, createTurnstile, messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { serveConsole } from "./console-files.ts";
import { buildOpenApi } from "./openapi.ts";
import type { HttpServerOptions } from "./options.ts";
import { OTLP_MEDIA_TYPES, encodeOtlpFault, otlpEncodingOf } from "./otlp-answer.ts";
import { explainListenFault } from "./port.ts";
import { PROBLEM_MEDIA_TYPE, toFirebreakError, toProblem } from "./problem.ts";
import { checkHeaders, checkHost, checkSameOrigin, namesOf, securityHeaders } from "./request-guard.ts";
import { refuseSupervised } from "./refuse-supervised.ts";
import { answerRoute } from "./route-answer.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes/index.ts";
import { serveWireRoutes } from "./wire-routes.ts";

export interface HttpServer {
  /**
   * @returns the port that was bound (for port 0: the one the system chose)
   * @throws PortInUseError, or OperatorError for an address that is not ours to take
   */
  listen(host: string, port: number): Promise<{ port: number }>;
  /** Ends live streams, lets requests in progress finish for five seconds, then cuts. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 4096;
/** Longest parameter in an address, such as an agent's name with everything percent-encoded. */
const PARAMETER_CHARACTERS_MAX = 512;
const TIMEOUTS = { headersMs: 15_000, requestMs: 60_000, checkMs: 5_000 };
/** Each asks the database twice; the others of its connections stay for people and telemetry. */
const FEEDS_ADMITTED_AT_ONCE = 6;
const KEEP_ALIVE_MS = 30_000;
const CLOSE_GRACE_MS = 5_000;
/** After an early refusal the rest of a body is read and thrown away, so that the client gets to see the answer. */
const LINGER_MS = 10_000;

/** The HTTP door: API, live stream and console. Nothing is listened to before `listen`. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const state = { closing: false, names: namesOf("localhost", options.config.publicUrl) };
  const app = createApp();
  app.decorateRequest("caller", null);
  // not async: a promise less for every request
  app.addHook("onRequest", (request, reply, done) => done(faultOf(() => guardRequest(request, reply, options, state))));
  app.setErrorHandler((fault, request, reply) => sendProblem(fault, request, reply, options));
  readBodiesAsBytes(app);
  // made when first asked for: it takes longer than everything else at the start
  let document: unknown;
  const openApi = () => (document ??= buildOpenApi(ROUTES));
  const feeds = new Set<ServerResponse>();
  const feedDoor = createTurnstile(FEEDS_ADMITTED_AT_ONCE);
  for (const route of ROUTES.filter(({ media }) => media !== "wire")) {
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit: takesTelemetry(route) ? INTAKE_LIMITS.bodyBytesMax : BODY_BYTES_MAX,
      exposeHeadRoute: route.media === "json",
      config: { takesEncodings: takesTelemetry(route) },
      ...answerRoute(route, { ...options, openApi, feeds, feedDoor }),
      ...(route.media === "otlp"
        ? { errorHandler: (fault, request, reply) => sendOtlpFault(fault, request, reply, options) }
        : {}),
    });
  }
  await serveWireRoutes(app, ROUTES, {
    services: options.services,
    admit: (route, request) => refuseSupervised(route, request, options),
    explain: (fault, request, reply) => explainFault(fault, request, reply, options),
  });
  const answerNavigation = await serveConsole(app, options.consoleDir);
  app.setNotFoundHandler((request, reply) => {
    if (!answerNavigation(request, reply)) throw notFound(request, reply);
  });
  await app.ready();
  return {
    listen: (host, port) => listen(app, host, port, () => (state.names = namesOf(host, options.config.publicUrl))),
    close: async () => {
      state.closing = true;
      options.live.close();
      for (const feed of feeds) feed.end();
      await closeWithin(app, CLOSE_GRACE_MS);
    },
  };

  function createApp(): FastifyInstance {
    const timeouts = options.config.timeouts ?? TIMEOUTS;
    const created = Fastify({
      bodyLimit: BODY_BYTES_MAX,
      genReqId: () => options.newId("request"),
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      forceCloseConnections: "idle",
      return503OnClosing: false,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
      http: {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: timeouts.headersMs,
        connectionsCheckingInterval: timeouts.checkMs,
      },
      clientErrorHandler: (fault, socket) => answerBrokenRequest(fault, socket, options),
      frameworkErrors: (fault, request, reply) => sendProblem(fault, request, reply, options),
    });
    created.server.maxHeadersCount = 0;
    created.server.maxConnections = CONNECTIONS_MAX;
    inviteBodies(created);
    return created;
  }
}

function takesTelemetry({ media }: Route): boolean {
  return media === "batch" || media === "otlp";
}

interface DoorState {
  closing: boolean;
  names: readonly string[] | null;
}

/** Who asks before sending (`Expect: 100-continue`) and would send too much is refused before the first byte. */
function inviteBodies(app: FastifyInstance): void {
  app.server.on("checkContinue", (request, response) => {
    const bytes = Number(request.headers["content-length"] ?? 0);
    if (bytes <= INTAKE_LIMITS.bodyBytesMax) response.writeContinue();
    app.server.emit("request", request, response);
  });
}

function readBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/json", "application/x-ndjson", "application/x-protobuf"],
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
}

/** @returns what `act` throws, or undefined */
function faultOf(act: () => void): Error | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function guardRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpServerOptions,
  state: DoorState,
): void {
  const { publicUrl } = options.config;
  void reply.headers(securityHeaders(request.headers));
  if (publicUrl?.startsWith("https:") === true) void reply.header("strict-transport-security", "max-age=31536000");
  if (state.closing) {
    void reply.header("connection", "close");
    throw new FirebreakError("shutting_down", "Firebreak is stopping. Try again when it is up.", {
      retryAfterSeconds: 5,
    });
  }
  checkHeaders(request.raw.rawHeaders);
  checkHost(request.headers, state.names);
  if (request.headers["content-encoding"] !== undefined && request.routeOptions.config.takesEncodings !== true) {
    throw new FirebreakError("unsupported_media_type", "Send the body without Content-Encoding.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    checkSameOrigin(request.headers, publicUrl);
  }
}

function sendProblem(fault: unknown, request: FastifyRequest, reply: FastifyReply, options: HttpServerOptions): void {
  const known = explainFault(fault, request, reply, options);
  // bytes, because text would get a charset, which this media type does not have
  void reply.type(PROBLEM_MEDIA_TYPE).send(Buffer.from(JSON.stringify(toProblem(known, request.id))));
}

/** @returns what went wrong as the API knows it, with everything of its answer made ready but the body */
function explainFault(
  fault: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpServerOptions,
): FirebreakError {
  const known = toFirebreakError(fault, options.isStorageFault ?? (() => false));
  logFault(known, request, options.logger);
  if (known.retryAfterSeconds !== undefined) void reply.header("retry-after", known.retryAfterSeconds);
  if (known.code === "unauthenticated") void reply.header("www-authenticate", "Bearer");
  const { status } = ERROR_CODES[known.code];
  if (!request.raw.complete && known.code !== "shutting_down") lingerOn(request, reply);
  void reply.code(status).headers(securityHeaders(request.headers)).header("cache-control", "no-store");
  return known;
}

/** As {@link sendProblem}, but in the words of OTLP, and in the encoding of the request. */
function sendOtlpFault(fault: unknown, request: FastifyRequest, reply: FastifyReply, options: HttpServerOptions): void {
  const known = explainFault(fault, request, reply, options);
  const encoding = otlpEncodingOf(request.headers["content-type"]) ?? "json";
  void reply.type(OTLP_MEDIA_TYPES[encoding]).send(encodeOtlpFault(encoding, known));
}

function logFault(fault: FirebreakError, request: FastifyRequest, logger: Logger): void {
  const { status } = ERROR_CODES[fault.code];
  const fields = { requestId: request.id, method: request.method, path: request.url.split("?")[0], code: fault.code };
  if (status < 500) return logger.debug("a request was refused", fields);
  const cause =
    fault.cause instanceof Error ? (fault.cause.stack ?? fault.cause.message) : messageOf(fault.cause ?? fault);
  return fault.code === "internal"
    ? logger.error("a request failed", { ...fields, cause })
    : logger.warn("a request could not be served", { ...fields, cause });
}

/**
 * Closing a connection with unread bytes resets it, and the client may lose the answer. So it stays open, the rest of
 * the body is thrown away, and it is cut if that takes too long.
 */
function lingerOn(request: FastifyRequest, reply: FastifyReply): void {
  void reply.removeHeader("connection");
  const { raw } = request;
  const timer = setTimeout(() => {
    if (!raw.complete) raw.socket.destroy();
  }, LINGER_MS);
  timer.unref();
  raw.once("close", () => clearTimeout(timer));
}

/** What Node refuses before there is a request: too many bytes of headers, no HTTP, too slow. */
function answerBrokenRequest(fault: unknown, socket: Socket, options: HttpServerOptions): void {
  const code = codeOf(fault) ?? "";
  options.logger.debug("a connection sent no request that can be read", { code });
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const known =
    code === "HPE_HEADER_OVERFLOW"
      ? new FirebreakError("headers_too_large", `Send at most ${HEADER_BYTES_MAX} bytes of headers.`)
      : new FirebreakError("bad_request", brokenBecause(code));
  const body = JSON.stringify(toProblem(known));
  const { status } = ERROR_CODES[known.code];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nconnection: close\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

function brokenBecause(code: string): string {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "The request did not arrive in time. Send it without pauses.";
  return "This is not an HTTP/1.1 request that can be read.";
}

const PATTERNS = ROUTES.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:[a-z]+/gi, "[^/]+")}$`),
}));

function notFound(request: FastifyRequest, reply: FastifyReply): FirebreakError {
  const path = request.url.split("?")[0] ?? "";
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) {
    return new FirebreakError(
      "not_found",
      "There is nothing at this address. The API is described at /api/v1/openapi.json.",
    );
  }
  void reply.header("allow", methods.join(", "));
  return new FirebreakError("method_not_allowed", `This address takes ${methods.join(" and ")}.`);
}

async function listen(
  app: FastifyInstance,
  host: string,
  port: number,
  onBound: () => void,
): Promise<{ port: number }> {
  onBound();
  try {
    await app.listen({ host, port });
  } catch (fault) {
    throw await explainListenFault(fault, host, port);
  }
  return { port: boundPort(app.server.address()) };
}

function boundPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}

async function closeWithin(app: FastifyInstance, graceMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
