import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";

interface OutgoingRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** of the answer */
  readonly bytesMax: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * One request over HTTP or HTTPS, with an end to its time and to its answer. Redirects are not followed.
 *
 * @throws Error when there is no answer in time, or too much of it
 */
export async function sendRequest(outgoing: OutgoingRequest): Promise<Answer> {
  const { url, body = "", timeoutMs, bytesMax } = outgoing;
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
    const headers = { ...outgoing.headers, "user-agent": "Firebreak", "content-length": Buffer.byteLength(body) };
    const request = send(url, { method: outgoing.method, headers, agent: false, signal }, resolve);
    request.on("error", reject);
    request.end(body);
  });
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > bytesMax) {
      response.destroy();
      throw new Error(`the answer is longer than ${bytesMax} bytes`);
    }
    parts.push(chunk);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") };
}
