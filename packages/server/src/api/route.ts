import type { RequiredAccess } from "@firebreak/protocol";
import { z } from "zod";
import type { Caller } from "../access/index.ts";
import type { Endpoint } from "../senders/index.ts";
import { encodeOtlpResult } from "./otlp-answer.ts";
import { parseBody, parseParams, parseQuery } from "./parse-input.ts";
import type { Download } from "./explorer-api.ts";
import type { ApiServices, Feed, OtlpRequest, OtlpResult, RawBatch } from "./services.ts";

/** What a handler may say besides its answer's body. */
export interface Answer {
  status(code: number): void;
  setSessionCookie(value: string, expiresAtMs: number): void;
  clearSessionCookie(): void;
}

export interface PublicContext {
  readonly services: ApiServices;
  /** the peer's address */
  readonly address: string;
  readonly answer: Answer;
}

export interface CallerContext extends PublicContext {
  readonly caller: Caller;
}

/** Input as it arrived: strings and parsed JSON, not yet checked; `batch` and `otlp` only on routes that take raw bytes. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly batch: RawBatch | null;
  readonly otlp?: Omit<OtlpRequest, "signal">;
}

export interface RouteText {
  readonly method: Endpoint["method"];
  /** as Fastify writes it: `/api/v1/incidents/:id` */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
}

/** One endpoint as data: the door, the OpenAPI document, the golden list and the tests read the same table. */
export interface Route extends RouteText {
  readonly access: RequiredAccess;
  readonly params: z.ZodObject | null;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** null when the answer has no body of ours */
  readonly response: z.ZodType | null;
  readonly status: number;
  /** further statuses at which the answer has the same shape */
  readonly otherStatuses: readonly number[];
  readonly media: "json" | "batch" | "otlp" | "event-stream" | "feed" | "download" | "document" | "metrics" | "wire";
  /** of another vendor's API, which words its answers itself; exactly when the media is `wire` */
  readonly endpoint: Endpoint | null;
  /** @param caller null exactly on public routes */
  run(context: PublicContext, caller: Caller | null, raw: RawInput): Promise<unknown>;
  /** instead of `run`, exactly when the media is `feed` */
  readonly openFeed: ((context: PublicContext, caller: Caller | null, query: unknown) => Promise<Feed>) | null;
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

interface Parts<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
> extends RouteText {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** left out: 204 without a body */
  readonly response?: R;
  readonly status?: number;
  readonly otherStatuses?: readonly number[];
}

interface Input<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
}

type Result<R extends z.ZodType> = z.output<R> | Promise<z.output<R>>;

/** Guarantee: a definition that leaves a schema out has `Nothing` as that type parameter (its default). */
function orNothing<S extends z.ZodType>(schema: S | undefined): S {
  return schema ?? (nothing as z.ZodType as S);
}

function routeOf<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R extends z.ZodType>(
  definition: Parts<P, Q, B, R>,
) {
  const { method, path, operationId, summary, tag, params, query, body, response } = definition;
  return {
    method,
    path,
    operationId,
    summary,
    tag,
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    response: response ?? null,
    status: definition.status ?? (response === undefined ? 204 : 200),
    otherStatuses: definition.otherStatuses ?? [],
    endpoint: null,
    openFeed: null,
  };
}

function readInput<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R extends z.ZodType>(
  definition: Parts<P, Q, B, R>,
  raw: RawInput,
): Input<P, Q, B> {
  return {
    params: parseParams(orNothing(definition.params), raw.params),
    query: parseQuery(orNothing(definition.query), raw.query),
    body: parseBody(orNothing(definition.body), definition.body === undefined ? (raw.body ?? {}) : raw.body),
  };
}

/** A door that reaches a guarded handler without a caller is broken; nothing may run then. */
function presentCaller(caller: Caller | null): Caller {
  if (caller === null) throw new Error("a guarded route was run without a caller");
  return caller;
}

/** An endpoint that needs a role or an agent's token. */
export function defineRoute<
  R extends z.ZodType,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = Nothing,
>(
  definition: Parts<P, Q, B, R> & {
    readonly access: Exclude<RequiredAccess, "public" | "source">;
    readonly handler: (context: CallerContext, input: Input<P, Q, B>) => Result<R>;
  },
): Route {
  return {
    ...routeOf(definition),
    access: definition.access,
    media: "json",
    run: async (context, caller, raw) =>
      definition.handler({ ...context, caller: presentCaller(caller) }, readInput(definition, raw)),
  };
}

/** An endpoint that anybody may call. */
export function definePublicRoute<R extends z.ZodType, B extends z.ZodType = Nothing>(
  definition: Parts<Nothing, Nothing, B, R> & {
    readonly handler: (context: PublicContext, body: z.output<B>) => Result<R>;
  },
): Route {
  return {
    ...routeOf(definition),
    access: "public",
    media: "json",
    run: async (context, _caller, raw) => definition.handler(context, readInput(definition, raw).body),
  };
}

/** An endpoint that takes bytes as they come (a batch of telemetry). */
export function defineBatchRoute<R extends z.ZodType>(
  definition: RouteText & {
    readonly access: Exclude<RequiredAccess, "public" | "source">;
    readonly body: z.ZodType;
    readonly response: R;
    readonly handler: (context: CallerContext, batch: RawBatch) => Result<R>;
  },
): Route {
  return {
    ...routeOf(definition),
    access: definition.access,
    media: "batch",
    run: async (context, caller, raw) => {
      if (raw.batch === null) throw new Error("a batch route was run without a batch");
      return definition.handler({ ...context, caller: presentCaller(caller) }, raw.batch);
    },
  };
}

/** An endpoint of OTLP/HTTP: the door reads and answers in protobuf or JSON, as the request came. */
export function defineOtlpRoute(
  definition: RouteText & {
    readonly signal: OtlpRequest["signal"];
    readonly handler: (context: CallerContext, request: OtlpRequest) => Promise<OtlpResult>;
  },
): Route {
  return {
    ...routeOf(definition),
    access: "agent",
    media: "otlp",
    status: 200,
    run: async (context, caller, raw) => {
      if (raw.otlp === undefined) throw new Error("a route of OTLP was run without a request");
      const request = { signal: definition.signal, ...raw.otlp };
      const result = await definition.handler({ ...context, caller: presentCaller(caller) }, request);
      return encodeOtlpResult(request.signal, request.encoding, result);
    },
  };
}

/** An endpoint whose answer a room writes, event by event. */
export function defineFeedRoute<Q extends z.ZodObject>(
  definition: RouteText & {
    readonly query: Q;
    readonly response: z.ZodType;
    readonly access: "agent" | "viewer";
    readonly handler: (context: CallerContext, query: z.output<Q>) => Promise<Feed>;
  },
): Route {
  return {
    ...routeOf(definition),
    access: definition.access,
    media: "feed",
    status: 200,
    run: () => Promise.reject(new Error("this route answers with a feed")),
    openFeed: (context, caller, query) =>
      definition.handler({ ...context, caller: presentCaller(caller) }, parseQuery(definition.query, query)),
  };
}

/** An endpoint that answers with a file, sent while it is made. */
export function defineDownloadRoute<P extends z.ZodObject, Q extends z.ZodObject = Nothing>(
  definition: RouteText & {
    readonly access: Exclude<RequiredAccess, "public" | "source">;
    readonly params: P;
    readonly query?: Q;
    readonly handler: (context: CallerContext, params: z.output<P>, query: z.output<Q>) => Promise<Download>;
  },
): Route {
  const { params, query } = definition;
  return {
    ...routeOf({ ...definition, response: z.string() }),
    access: definition.access,
    media: "download",
    run: async (context, caller, raw) => {
      const asked = parseQuery(orNothing(query), raw.query);
      return definition.handler({ ...context, caller: presentCaller(caller) }, parseParams(params, raw.params), asked);
    },
  };
}

/** An endpoint that the door answers itself: the live stream, the OpenAPI document. */
export function defineDoorRoute(
  definition: RouteText & {
    readonly access: RequiredAccess;
    readonly media: "event-stream" | "document" | "metrics";
    readonly response: z.ZodType;
  },
): Route {
  return {
    ...routeOf(definition),
    access: definition.access,
    media: definition.media,
    run: () => Promise.reject(new Error("the door answers this route itself")),
  };
}

/** An address of another vendor's API: it knows its senders by their keys and answers in the vendor's words. */
export function defineWireRoute(endpoint: Endpoint): Route {
  const { method, path, operationId, summary, status } = endpoint;
  return {
    ...routeOf({ method, path, operationId, summary, tag: "Senders", status }),
    access: endpoint.access ?? "public",
    media: "wire",
    endpoint,
    run: () => Promise.reject(new Error("the endpoint answers this route itself")),
  };
}
