import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent } from "node:http";
import { messageOf } from "../../../kernel/index.ts";

/** An answer of the engine that is no success, or none at all. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** null: the engine did not answer */
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface EngineRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** of the Docker Engine API, without a version: the engine then speaks its newest */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** The Docker Engine API, as far as containment uses it. Engines that speak it (podman) answer the same. */
export interface EngineClient {
  /** where it is, for messages */
  readonly place: string;
  /** @returns the JSON of a success, null for an empty one @throws EngineError */
  call(request: EngineRequest): Promise<unknown>;
  /** @returns the body of a success as it comes, for what is large @throws EngineError */
  stream(request: EngineRequest): Promise<IncomingMessage>;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** @param endpoint `unix:///run/docker.sock` or `tcp://host:port` (plain HTTP) */
export function createEngineClient(endpoint: string): EngineClient {
  const url = new URL(endpoint);
  const isUnix = url.protocol === "unix:";
  const place = isUnix
    ? { socketPath: decodeURIComponent(url.pathname) }
    : { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 2375 : Number(url.port) };
  // no connection outlives its request: an engine that was restarted is met anew
  const agent = new Agent({ keepAlive: false });
  const send = (request: EngineRequest) => sendRequest({ ...place, agent }, endpoint, request);
  return {
    place: endpoint,
    stream: async (request) => expectSuccess(await send(request)),
    call: async (request) => {
      const text = await readText(await expectSuccess(await send(request)));
      return text.trim() === "" ? null : parseJson(text);
    },
  };
}

function sendRequest(
  place: Readonly<Record<string, unknown>>,
  endpoint: string,
  { method, path, query = {}, body, timeoutMs = TIMEOUT_MS, signal }: EngineRequest,
): Promise<IncomingMessage> {
  const search = new URLSearchParams(query).toString();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    // an engine behind a socket does not look at it, and HTTP/1.1 wants one
    host: "docker",
    ...(method === "GET" ? {} : { "content-length": Buffer.byteLength(text ?? "") }),
    ...(text === undefined ? {} : { "content-type": "application/json" }),
  };
  return new Promise((resolve, reject) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const sent = httpRequest(
      { ...place, method, path: search === "" ? path : `${path}?${search}`, headers, signal: limited },
      resolve,
    );
    sent.once("error", (fault) => {
      const why = limited.aborted ? `no answer within ${timeoutMs / 1000} s` : messageOf(fault);
      reject(new EngineError(`the container engine at ${endpoint} cannot be asked: ${why}`, null, { cause: fault }));
    });
    sent.end(text);
  });
}

async function expectSuccess(answer: IncomingMessage): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  // 304: it is so already (started, stopped)
  if ((status >= 200 && status < 300) || status === 304) return answer;
  const said = readMessage(await readText(answer));
  throw new EngineError(`the container engine answered ${status}: ${said}`, status);
}

function readMessage(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed)
      return String(parsed.message).slice(0, 500);
  } catch {
    // engines answer JSON; what stands between may not
  }
  return text.slice(0, 200);
}

async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > ANSWER_BYTES_MAX) {
      answer.destroy();
      throw new EngineError(
        `the container engine answered more than ${ANSWER_BYTES_MAX} bytes`,
        answer.statusCode ?? null,
      );
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (fault) {
    throw new EngineError("the container engine answered no JSON", null, { cause: fault });
  }
}
