import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ReadableStream } from "node:stream/web";
import type { McpSession } from "./mcp-session.ts";
import { MESSAGE_BYTES_MAX } from "./lines.ts";
import { parseJson } from "./message.ts";
import type { Message } from "./message.ts";
import { eventsOf, eventText } from "../sse.ts";

/** What the client needs of an answer's headers; lengths and encodings are made anew. */
const ANSWER_HEADERS = ["content-type", "mcp-session-id", "www-authenticate", "retry-after"];

/** The answer to one request: what the gate says itself, and what the server says. */
export class Exchange {
  readonly #response: ServerResponse;
  readonly #aborter = new AbortController();
  /** what the gate said before anything was asked of the server */
  readonly #own: Message[] = [];
  #phase: "judging" | "waiting" | "streaming" = "judging";

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("close", () => this.#aborter.abort());
  }

  /** aborted when the client goes away or was answered by the gate */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** The gate's own answer. Once the server was asked it is the last word: the call was stopped while it ran. */
  say(message: Message): void {
    switch (this.#phase) {
      case "judging":
        this.#own.push(message);
        return;
      case "waiting":
        this.#own.push(message);
        this.endWithOwn();
        this.#aborter.abort();
        return;
      case "streaming":
        this.#response.end(eventText([], JSON.stringify(message)));
        this.#aborter.abort();
    }
  }

  wait(): void {
    this.#phase = "waiting";
  }

  endWithOwn(): void {
    if (this.#own.length === 0) this.#response.writeHead(202).end();
    else answerJson(this.#response, 200, this.#own.length === 1 ? this.#own[0] : this.#own);
  }

  /** Passes the server's answer on, as the gate lets it. */
  async relay(upstream: Response, session: McpSession): Promise<void> {
    const type = upstream.headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream") && upstream.body !== null) await this.#relayEvents(upstream, session);
    else await this.#relayBody(upstream, session, type);
  }

  async #relayEvents(upstream: Response, session: McpSession): Promise<void> {
    const response = this.#response;
    response.writeHead(upstream.status, answerHeaders(upstream)).flushHeaders();
    this.#phase = "streaming";
    for (const message of this.#own) response.write(eventText([], JSON.stringify(message)));
    // Guarantee: the platform's stream of bytes, which Node's own types call by another name
    for await (const { fields, data } of eventsOf(upstream.body as ReadableStream<Uint8Array>, MESSAGE_BYTES_MAX)) {
      const message = data === null ? undefined : parseJson(data);
      const passed = message === undefined ? undefined : session.fromServer(message);
      if (response.writableEnded) return;
      if (passed === null) continue;
      const text = eventText(fields, passed === undefined ? data : JSON.stringify(passed));
      if (!response.write(text)) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    response.end();
  }

  async #relayBody(upstream: Response, session: McpSession, type: string): Promise<void> {
    const text = await upstream.text();
    if (this.#response.writableEnded) return;
    const message = type.startsWith("application/json") ? parseJson(text) : undefined;
    if (message === undefined) {
      this.#response.writeHead(upstream.status, answerHeaders(upstream)).end(text);
      return;
    }
    const passed = session.fromServer(message);
    const all = [...this.#own, ...(Array.isArray(passed) ? passed : passed === null ? [] : [passed])];
    const single = this.#own.length === 0 && !Array.isArray(message);
    for (const [name, value] of Object.entries(answerHeaders(upstream))) this.#response.setHeader(name, value);
    answerJson(this.#response, upstream.status, single ? all[0] : all);
  }
}

export function answerHeaders(upstream: Response): Record<string, string> {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  for (const name of ANSWER_HEADERS) {
    const value = upstream.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

export function answerJson(response: ServerResponse, status: number, message: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(message ?? null));
}
