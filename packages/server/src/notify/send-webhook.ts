import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { canonicalJson, codeOf, messageOf, signWebhook } from "../kernel/index.ts";
import type { OutgoingMessage, SendResult } from "./types.ts";

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string | undefined;
}

const TIMEOUT_MS = 10_000;

/**
 * POSTs the message as JSON, once. 2xx is delivered; 408, 425, 429, 5xx and network faults are worth another try;
 * everything else, redirects included, is final. The errors never name the address beyond its host.
 *
 * @param now seconds are taken from it for the signature; milliseconds since 1970
 */
export async function sendWebhook(
  target: WebhookTarget,
  message: OutgoingMessage,
  now: number,
  timeoutMs = TIMEOUT_MS,
): Promise<SendResult> {
  const url = URL.canParse(target.url) ? new URL(target.url) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { kind: "failed", error: "The channel's address is not an http or https URL. Correct it in the profile." };
  }
  const body = canonicalJson({
    schema: "firebreak.notification/1",
    deliveryId: message.deliveryId,
    template: message.template,
    subject: message.subject,
    text: message.text,
    incident: message.incident,
    ...(message.question === undefined ? {} : { question: message.question }),
  });
  try {
    const response = await post(url, headersFor(target, message, body, now), body, timeoutMs);
    return judgeResponse(response.statusCode ?? 0, response.statusMessage ?? "");
  } catch (thrown) {
    return { kind: "retry", error: `${url.host} did not answer: ${explainNetworkError(thrown, timeoutMs)}` };
  }
}

function headersFor(
  target: WebhookTarget,
  message: OutgoingMessage,
  body: string,
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "Firebreak",
    "idempotency-key": message.deliveryId,
    "x-firebreak-attempt": String(message.attempt),
    "x-firebreak-timestamp": timestamp,
    ...(target.secret === undefined ? {} : { "x-firebreak-signature": signWebhook(target.secret, timestamp, body) }),
  };
}

function post(url: URL, headers: Record<string, string>, body: string, timeoutMs: number): Promise<IncomingMessage> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = send(url, { method: "POST", headers, agent: false, signal }, (response) => {
      resolve(response);
      // The status is the receipt; the rest is thrown away, until the deadline at most.
      response.on("error", () => {});
      response.resume();
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** @returns what the status of the answer means for the delivery */
export function judgeResponse(status: number, statusText: string): SendResult {
  const answer = `HTTP ${status} ${statusText.replace(/[^\x20-\x7E]/g, "").slice(0, 80)}`.trim();
  if (status >= 200 && status < 300) return { kind: "delivered", receipt: answer };
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: "retry", error: `The receiver answered ${answer}.` };
  }
  const why =
    status >= 300 && status < 400 ? "Redirects are not followed; correct the address." : "It refuses the message.";
  return { kind: "failed", error: `The receiver answered ${answer}. ${why}` };
}

function explainNetworkError(thrown: unknown, timeoutMs: number): string {
  if (thrown instanceof Error && (thrown.name === "TimeoutError" || thrown.name === "AbortError")) {
    return `no answer within ${timeoutMs / 1000} s`;
  }
  return codeOf(thrown) ?? messageOf(thrown).slice(0, 200);
}
