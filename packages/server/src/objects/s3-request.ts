import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import type { Clock } from "../kernel/index.ts";
import { messageOf, toIso } from "../kernel/index.ts";
import type { ObjectPlace } from "./object-place.ts";
import { ObjectStoreError } from "./object-store.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Options {
  readonly clock: Clock;
  readonly fetchFrom?: typeof globalThis.fetch;
  /** ends every request, and is not an answer that is asked for again */
  readonly signal?: AbortSignal;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** whole key, or empty for the bucket */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const TRIES = 4;
const FIRST_WAIT_MS = 200;
const ANSWER_MAX_MS = 120_000;
const ERROR_BYTES_MAX = 64 * 1024;
/** what stores answer to a question that they do not know */
const UNKNOWN = new Set([405, 501]);

/** Signs requests to one bucket (AWS Signature Version 4) and sends them; tries again when the store cannot answer now. */
export class S3Sender {
  readonly #place: ObjectPlace;
  readonly #credentials: S3Credentials;
  readonly #options: S3Options;

  constructor(place: ObjectPlace, credentials: S3Credentials, options: S3Options) {
    this.#place = place;
    this.#credentials = credentials;
    this.#options = options;
  }

  /** @returns the answer when it is good, or 404; @throws ObjectStoreError otherwise */
  async send(request: S3Request): Promise<Response> {
    for (let tried = 1; ; tried++) {
      try {
        const answer = await this.#sendOnce(request);
        if (answer.ok || answer.status === 404) return answer;
        throw await this.#refusal(request, answer);
      } catch (fault) {
        const isPassing = fault instanceof ObjectStoreError && fault.code === "unreachable";
        if (!isPassing || tried === TRIES) throw fault;
        await sleep(FIRST_WAIT_MS * 2 ** (tried - 1));
      }
    }
  }

  async #sendOnce(request: S3Request): Promise<Response> {
    const { method, headers, body } = await this.#sign(request);
    const url = this.#urlOf(request);
    const fetchFrom = this.#options.fetchFrom ?? globalThis.fetch;
    const timeout = new AbortController();
    const signal = AbortSignal.any([
      timeout.signal,
      ...(this.#options.signal === undefined ? [] : [this.#options.signal]),
    ]);
    const timer = setTimeout(() => timeout.abort(), ANSWER_MAX_MS);
    try {
      return await fetchFrom(url, { method, headers, body: body ?? null, redirect: "manual", signal });
    } catch (fault) {
      this.#options.signal?.throwIfAborted();
      const cause = fault instanceof Error && fault.cause !== undefined ? fault.cause : fault;
      const why = timeout.signal.aborted ? `no answer within ${ANSWER_MAX_MS / 1000} s` : messageOf(cause);
      throw new ObjectStoreError("unreachable", `${this.#place.name} cannot be reached: ${why}`, { cause: fault });
    } finally {
      clearTimeout(timer);
    }
  }

  #urlOf({ key, query }: S3Request): string {
    const url = new URL(`${this.#place.bucketUrl}${key}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return url.href;
  }

  async #sign(request: S3Request): Promise<{ method: string; headers: Headers; body: Uint8Array | undefined }> {
    const { body } = request;
    const hash = createHash("sha256").update(body ?? "");
    const signer = new AwsV4Signer({
      ...this.#credentials,
      method: request.method,
      url: this.#urlOf(request),
      headers: { ...request.headers, "x-amz-content-sha256": hash.digest("hex") },
      service: "s3",
      region: this.#place.region,
      datetime: toIso(this.#options.clock.now()).replace(/[:-]|\.\d{3}/g, ""),
    });
    const { method, headers } = await signer.sign();
    return { method, headers, body };
  }

  async #refusal({ method, key }: S3Request, answer: Response): Promise<ObjectStoreError> {
    const body = await readText(answer, ERROR_BYTES_MAX).catch(() => "");
    const named = readTag(body, "Code") ?? "";
    const what = `${this.#place.name} answered ${method} ${key} with ${answer.status} ${named.slice(0, 60)}`.trim();
    if (answer.status >= 300 && answer.status < 400) {
      return new ObjectStoreError("refused", `${what}: the bucket is elsewhere; look at endpoint and region`);
    }
    if (UNKNOWN.has(answer.status)) return new ObjectStoreError("unsupported", what);
    const isPassing = answer.status >= 500 || answer.status === 429 || answer.status === 408;
    return new ObjectStoreError(isPassing ? "unreachable" : "refused", what);
  }
}

/** Reads an answer as text, no more than `bytesMax` of it. */
export async function readText(answer: Response, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes > bytesMax) throw new ObjectStoreError("refused", `the store's answer is longer than ${bytesMax} bytes`);
  }
  return Buffer.concat(parts).toString("utf8");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** @returns the text of every element of that name: the answers of S3 that are read here are flat */
export function readTags(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"));
  return [...found].map(([, text = ""]) =>
    text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity) => ENTITIES[entity] ?? ""),
  );
}

export function readTag(xml: string, name: string): string | undefined {
  return readTags(xml, name)[0];
}

/** @returns the inside of every element of that name, in time that grows with the text alone */
export function readElements(xml: string, name: string): string[] {
  const [open, close] = [`<${name}>`, `</${name}>`];
  const found: string[] = [];
  for (let at = xml.indexOf(open); at !== -1;) {
    const end = xml.indexOf(close, at);
    if (end === -1) break;
    found.push(xml.slice(at + open.length, end));
    at = xml.indexOf(open, end);
  }
  return found;
}
