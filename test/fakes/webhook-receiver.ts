import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

/** One message that the receiver took (answered 2xx). */
export interface ReceivedWebhook {
  readonly deliveryId: string;
  readonly template: string;
  readonly subject: string;
  readonly text: string;
  readonly incident: Readonly<Record<string, unknown>>;
  /** the body as it came */
  readonly body: string;
  readonly attempt: number;
}

export interface WebhookReceiverOptions {
  /** drop a message whose idempotency key was taken before, as a receiver should; else a repeat is unexpected */
  readonly dropRepeats?: boolean;
  /** demanded in the signature of every request; without it a signature is a fault */
  readonly secret?: string;
  /** answers this many requests with `failStatus` before it takes one */
  readonly failFirst?: number;
  /** default 503 */
  readonly failStatus?: number;
  /** milliseconds since 1970, to judge the age of the signature; default: not judged */
  readonly now?: () => number;
  readonly port?: number;
}

/** What a test waits for; every field given must be equal. */
export type WebhookExpectation = Partial<Pick<ReceivedWebhook, "template" | "deliveryId">> & { incidentId?: string };

export interface WebhookReceiver {
  readonly url: string;
  /** requests of any outcome */
  readonly requests: number;
  readonly received: readonly ReceivedWebhook[];
  /** idempotency keys of every request, refused ones included, in order */
  readonly keys: readonly string[];
  /** resolves with the message, now or when it comes; each expectation takes one message */
  expect(expectation: WebhookExpectation, deadlineMs?: number): Promise<ReceivedWebhook>;
  /** answers the next `count` requests with `status` */
  failNext(count: number, status?: number): void;
  /**
   * @throws Error that names every message nobody expected, every expectation that was not met, and every request that
   *   was not as the documentation says
   */
  close(): Promise<void>;
}

interface Waiter {
  readonly expectation: WebhookExpectation;
  readonly resolve: (message: ReceivedWebhook) => void;
}

const SIGNATURE_AGE_MAX_SECONDS = 300;
const BODY_BYTES_MAX = 1024 * 1024;

/** A receiver of `firebreak.notification/1` webhooks that is as strict as the documentation. */
export async function startWebhookReceiver(options: WebhookReceiverOptions = {}): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const unexpected: ReceivedWebhook[] = [];
  const waiters: Waiter[] = [];
  const keys: string[] = [];
  const problems: string[] = [];
  const bodies = new Map<string, string>();
  let requests = 0;
  let failing = { left: options.failFirst ?? 0, status: options.failStatus ?? 503 };

  const take = (message: ReceivedWebhook) => {
    const isRepeat = received.some((known) => known.deliveryId === message.deliveryId);
    if (isRepeat && options.dropRepeats === true) return;
    received.push(message);
    const index = waiters.findIndex((waiter) => matches(message, waiter.expectation));
    const [waiter] = index === -1 ? [] : waiters.splice(index, 1);
    if (waiter === undefined) unexpected.push(message);
    else waiter.resolve(message);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    requests += 1;
    const body = await readBody(request);
    const checked = checkRequest(request, body, options);
    if (checked.problem !== undefined) problems.push(checked.problem);
    if (checked.message === undefined) return answer(response, 400);
    keys.push(checked.message.deliveryId);
    const before = bodies.get(checked.message.deliveryId);
    if (before !== undefined && before !== body) problems.push(`${checked.message.deliveryId} came with two bodies`);
    bodies.set(checked.message.deliveryId, body);
    if (failing.left > 0) {
      failing = { ...failing, left: failing.left - 1 };
      return answer(response, failing.status);
    }
    answer(response, 204);
    take(checked.message);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      problems.push(String(thrown));
      response.destroy();
    });
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    keys,
    get requests() {
      return requests;
    },
    expect: (expectation, deadlineMs = 10_000) => {
      const index = unexpected.findIndex((message) => matches(message, expectation));
      const [message] = index === -1 ? [] : unexpected.splice(index, 1);
      return message === undefined ? waitFor(waiters, expectation, deadlineMs) : Promise.resolve(message);
    },
    failNext: (count, status = 503) => {
      failing = { left: count, status };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const faults = [
        ...problems,
        ...unexpected.map((message) => `unexpected message: ${message.template} ${message.subject}`),
        ...waiters.map((waiter) => `never came: ${JSON.stringify(waiter.expectation)}`),
      ];
      if (faults.length > 0) throw new Error(`webhook receiver:\n${faults.join("\n")}`);
    },
  };
}

function matches(message: ReceivedWebhook, { incidentId, template, deliveryId }: WebhookExpectation): boolean {
  return (
    (incidentId === undefined || message.incident["id"] === incidentId) &&
    (template === undefined || message.template === template) &&
    (deliveryId === undefined || message.deliveryId === deliveryId)
  );
}

function waitFor(waiters: Waiter[], expectation: WebhookExpectation, deadlineMs: number): Promise<ReceivedWebhook> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no webhook ${JSON.stringify(expectation)} within ${deadlineMs} ms`)),
      deadlineMs,
    );
    waiters.push({
      expectation,
      resolve: (message) => {
        clearTimeout(timer);
        resolve(message);
      },
    });
  });
}

function checkRequest(
  request: IncomingMessage,
  body: string,
  options: WebhookReceiverOptions,
): { message?: ReceivedWebhook; problem?: string } {
  const refuse = (problem: string) => ({ problem: `${request.method} ${request.url}: ${problem}` });
  if (request.method !== "POST" || request.url !== "/hook") return refuse("only POST /hook is served");
  if (request.headers["content-type"] !== "application/json") return refuse("the content type is not application/json");
  const signature = checkSignature(request, body, options);
  if (signature !== undefined) return refuse(signature);
  const message = readMessage(body, Number(request.headers["x-firebreak-attempt"]));
  if (message === undefined) return refuse("the body is not a firebreak.notification/1");
  if (request.headers["idempotency-key"] !== message.deliveryId)
    return refuse("the idempotency key is not the delivery");
  return { message };
}

function checkSignature(request: IncomingMessage, body: string, options: WebhookReceiverOptions): string | undefined {
  const signature = String(request.headers["x-firebreak-signature"] ?? "");
  const timestamp = String(request.headers["x-firebreak-timestamp"] ?? "");
  if (options.secret === undefined)
    return signature === "" ? undefined : "a signature came although no secret is shared";
  const expected = `sha256=${createHmac("sha256", options.secret).update(`${timestamp}.${body}`).digest("hex")}`;
  const same = signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  if (!same) return "the signature is wrong";
  const age = options.now === undefined ? 0 : Math.abs(options.now() / 1000 - Number(timestamp));
  return age <= SIGNATURE_AGE_MAX_SECONDS ? undefined : `the signature is ${age} s old`;
}

function readMessage(body: string, attempt: number): ReceivedWebhook | undefined {
  const value: unknown = JSON.parse(body);
  if (!isRecord(value) || value["schema"] !== "firebreak.notification/1" || !isRecord(value["incident"]))
    return undefined;
  const { deliveryId, template, subject, text } = value;
  if (typeof deliveryId !== "string" || !/^dlv_[0-9A-Z]{26}$/.test(deliveryId)) return undefined;
  if (typeof template !== "string" || typeof subject !== "string" || typeof text !== "string") return undefined;
  return { deliveryId, template, subject, text, incident: value["incident"], body, attempt };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("the body is larger than 1 MiB");
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  return address.port;
}
