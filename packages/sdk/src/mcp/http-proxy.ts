import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { systemClock } from "../clock.ts";
import type { Gate } from "../gate.ts";
import { MESSAGE_BYTES_MAX } from "./lines.ts";
import { createMcpSession } from "./mcp-session.ts";
import type { McpSession } from "./mcp-session.ts";
import { errorAnswer, parseJson } from "./message.ts";
import type { Message } from "./message.ts";
import type { ToolPins } from "./tool-pins.ts";
import { answerHeaders, answerJson, Exchange } from "./http-exchange.ts";
import { eventText } from "../sse.ts";

export interface HttpProxyOptions {
  readonly gate: Gate;
  /** the MCP endpoint of the real server */
  readonly upstream: URL;
  /** on loopback; 0 takes any */
  readonly port: number;
  /** left out: what the server said in other sessions is not known */
  readonly pins?: ToolPins | undefined;
}

export interface HttpProxy {
  /** what the client is given instead of the server's address */
  readonly url: string;
  close(): Promise<void>;
}

/** One MCP session: the gate's bookkeeping, and where its client listens for notifications. */
interface Peer {
  readonly session: McpSession;
  headers: Headers;
  listener: ServerResponse | null;
}

interface Proxy {
  readonly options: HttpProxyOptions;
  /** by the server's Mcp-Session-Id; the oldest first */
  readonly peers: Map<string, Peer>;
}

const SESSION = "mcp-session-id";
const PEERS_MAX = 1_000;
const CANCEL_MS = 5_000;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;
/** What the server needs of a request; lengths and encodings are made anew. */
const REQUEST_HEADERS = ["accept", "authorization", "last-event-id", "mcp-protocol-version", SESSION, "traceparent"];

/**
 * Stands between MCP clients and a server that speaks Streamable HTTP: calls of stopped tools are refused without
 * reaching the server, calls under way are cancelled, stopped tools are not listed. Listens on loopback only, and
 * refuses other host names and origins, so that no web page reaches it.
 */
export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const proxy: Proxy = { options, peers: new Map() };
  const server = createServer((request, response) => {
    handle(proxy, request, response).catch((fault: unknown) => fail(response, fault));
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject).listen(options.port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}${options.upstream.pathname}`,
    close: async () => {
      for (const { session } of proxy.peers.values()) session.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function handle(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host = "", origin } = request.headers;
  const originHost = origin === undefined ? "localhost" : URL.canParse(origin) ? new URL(origin).host : "";
  if (!LOOPBACK.test(host) || !LOOPBACK.test(originHost))
    return answerJson(response, 403, refusal("Only from this machine."));
  if (request.url !== proxy.options.upstream.pathname)
    return answerJson(response, 404, refusal("Not the MCP endpoint."));
  switch (request.method) {
    case "POST":
      return post(proxy, request, response);
    case "GET":
      return listen(proxy, request, response);
    case "DELETE":
      return endSession(proxy, request, response);
    case undefined:
    default:
      return answerJson(response, 405, refusal("POST, GET or DELETE."));
  }
}

const refusal = (text: string): Message => errorAnswer(null, -32_000, `Firebreak: ${text}`);

async function post(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = await readMessage(request);
  if (message === undefined) return answerJson(response, 400, errorAnswer(null, -32_700, "The body is no JSON."));
  const headers = requestHeaders(request.headers);
  const known = proxy.peers.get(headers.get(SESSION) ?? "");
  const peer = known ?? createPeer(proxy, headers);
  const exchange = new Exchange(response);
  try {
    const passed = peer.session.fromClient(message, (own) => exchange.say(own));
    if (passed === null) return exchange.endWithOwn();
    exchange.wait();
    const upstream = await ask(proxy, {
      method: "POST",
      headers,
      signal: exchange.signal,
      body: JSON.stringify(passed),
    });
    const id = upstream.headers.get(SESSION);
    if (known === undefined && id !== null) keepPeer(proxy, id, peer);
    await exchange.relay(upstream, peer.session);
  } catch (fault) {
    if (!exchange.signal.aborted) throw fault; // else it was answered here, or the client went away
  } finally {
    if (![...proxy.peers.values()].includes(peer)) peer.session.close();
  }
}

/** The client's open ear for notifications; the gate tells it there that the list of tools changed. */
async function listen(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = requestHeaders(request.headers);
  const peer = proxy.peers.get(headers.get(SESSION) ?? "");
  if (peer === undefined) return answerJson(response, 404, refusal("No such session."));
  const exchange = new Exchange(response);
  exchange.wait();
  try {
    const upstream = await ask(proxy, { method: "GET", headers, signal: exchange.signal });
    if (upstream.ok) peer.listener = response;
    await exchange.relay(upstream, peer.session);
  } catch (fault) {
    if (!exchange.signal.aborted) throw fault;
  } finally {
    if (peer.listener === response) peer.listener = null;
  }
}

async function endSession(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = requestHeaders(request.headers);
  const id = headers.get(SESSION) ?? "";
  const upstream = await ask(proxy, { method: "DELETE", headers, signal: AbortSignal.timeout(CANCEL_MS) });
  proxy.peers.get(id)?.session.close();
  proxy.peers.delete(id);
  response.writeHead(upstream.status, answerHeaders(upstream)).end(Buffer.from(await upstream.arrayBuffer()));
}

function createPeer(proxy: Proxy, headers: Headers): Peer {
  const { gate, pins } = proxy.options;
  const toServer = (message: Message) => {
    const signal = AbortSignal.timeout(CANCEL_MS);
    const asked = { method: "POST", headers: peer.headers, signal, body: JSON.stringify(message) };
    void ask(proxy, asked)
      .then((answer) => answer.body?.cancel())
      .catch(() => {}); // the call is answered and its connection closed all the same
  };
  const toClient = (message: Message) => void peer.listener?.write(eventText([], JSON.stringify(message)));
  const clock = { now: () => systemClock.now(), monotonicMs: () => systemClock.monotonicMs() };
  const session = createMcpSession({ gate, pins, toServer, toClient, newId: randomUUID, ...clock });
  const peer: Peer = { session, headers, listener: null };
  return peer;
}

function keepPeer({ peers }: Proxy, id: string, peer: Peer): void {
  peer.headers.set(SESSION, id);
  peers.set(id, peer);
  if (peers.size <= PEERS_MAX) return;
  const [oldest] = [...peers].find(([, { session, listener }]) => session.inFlight === 0 && listener === null) ?? [];
  if (oldest === undefined) return;
  peers.get(oldest)?.session.close();
  peers.delete(oldest);
}

function ask({ options }: Proxy, init: RequestInit): Promise<Response> {
  return fetch(options.upstream, { ...init, redirect: "error" });
}

function requestHeaders(from: IncomingHttpHeaders): Headers {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of REQUEST_HEADERS) {
    const value = from[name];
    if (typeof value === "string") headers.set(name, value);
  }
  return headers;
}

/** @returns undefined when it is no JSON. @throws Error when it is too long */
async function readMessage(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)?.length ?? 0;
    if (size > MESSAGE_BYTES_MAX) throw new Error(`a message is longer than ${MESSAGE_BYTES_MAX} bytes`);
  }
  return parseJson(Buffer.concat(chunks).toString("utf8"));
}

function fail(response: ServerResponse, fault: unknown): void {
  if (response.headersSent) return void response.destroy();
  const { message, cause } = fault instanceof Error ? fault : new Error(String(fault));
  const text = cause instanceof Error ? `${message}: ${cause.message}` : message;
  answerJson(response, 502, refusal(`the MCP server could not be asked: ${text}`));
}
