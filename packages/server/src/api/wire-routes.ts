/** Addresses of other vendors' APIs: any media type comes in as bytes, and every answer is worded by its endpoint. */
import { STATUS_CODES } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FirebreakError } from "../kernel/index.ts";
import type { WireAnswer, WireRequest } from "../senders/index.ts";
import { decodeContent } from "./content-encoding.ts";
import { decodeJson } from "./json-body.ts";
import type { Route } from "./route.ts";
import type { ApiServices } from "./services.ts";

interface WireOptions {
  readonly services: Pick<ApiServices, "answerSender">;
  /** @throws FirebreakError when whoever sends it may not */
  readonly admit: (route: Route, request: FastifyRequest) => void;
  /** @returns the fault as it is known, after it was logged */
  readonly explain: (fault: unknown, request: FastifyRequest, reply: FastifyReply) => FirebreakError;
}

/** Serves the endpoints in a scope of their own: their parsers and errors are not those of our API. */
export async function serveWireRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  options: WireOptions,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    for (const route of routes) {
      const { endpoint } = route;
      if (endpoint === null) continue;
      scope.route({
        method: endpoint.method,
        url: endpoint.path,
        bodyLimit: endpoint.bodyBytesMax,
        config: { takesEncodings: true },
        handler: async (request, reply) => {
          options.admit(route, request);
          const answer = await options.services.answerSender(
            endpoint,
            await readRequest(request, endpoint.bodyBytesMax),
          );
          return send(reply, answer);
        },
        errorHandler: (fault, request, reply) => {
          void send(reply, endpoint.refuse(options.explain(fault, request, reply)));
        },
      });
    }
  });
}

async function readRequest(request: FastifyRequest, bodyBytesMax: number): Promise<WireRequest> {
  const { headers } = request;
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const body = await decodeContent(raw, headers["content-encoding"], bodyBytesMax);
  return {
    headers,
    params: textsOf(request.params),
    query: new URLSearchParams(request.url.split("?")[1] ?? ""),
    body,
    address: request.ip,
    json: () => decodeJson(body),
  };
}

function textsOf(params: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, String(value)]));
}

function send(reply: FastifyReply, answer: WireAnswer): FastifyReply {
  void reply.code(answer.status).headers({ "cache-control": "no-store", ...answer.headers });
  if (answer.text !== undefined) return reply.type("text/plain; charset=utf-8").send(answer.text);
  if (answer.body === undefined) return reply.send();
  const text = JSON.stringify(answer.body);
  if (text === undefined) throw new Error(`an answer ${STATUS_CODES[answer.status]} has a body that is no JSON`);
  // bytes, because text would get a charset that JSON does not have
  return reply.type("application/json").send(Buffer.from(text));
}
