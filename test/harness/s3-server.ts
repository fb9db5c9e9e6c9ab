import { createHash, createHmac } from "node:crypto";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = path.join(
  import.meta.dirname,
  "../../node_modules/.cache/s3rver/3.7.1/node_modules/s3rver/bin/s3rver.js",
);

export const S3_CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

interface Lock {
  mode?: string;
  until?: string;
  hold?: string;
}

/**
 * A real S3-compatible server (s3rver), with a door before it for what s3rver lacks: it checks signatures (AWS Signature
 * Version 4), keeps object locks as Amazon documents them, and makes faults on request.
 */
export class S3Server {
  readonly place = mkdtempSync(path.join(os.tmpdir(), "firebreak-s3-"));
  /** requests that came through the door: `PUT /evidence/key?query` */
  readonly requests: string[] = [];
  /** answers instead of the server when it returns true */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** changes the bytes of answers to GET */
  tamper: (body: Buffer) => Buffer = (body) => body;
  locksObjects = true;
  readonly #locks = new Map<string, Lock>();
  #child: ChildProcess | undefined;
  #door: Server | undefined;
  #port = 0;

  /** @returns the URL of a bucket that is there, for `prefix` */
  async start(prefix: string): Promise<string> {
    const args = [PROGRAM, "-d", this.place, "-a", "127.0.0.1", "-p", "0", "-s", "--configure-bucket", "evidence"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port === undefined) continue;
      this.#port = Number(port);
      break;
    }
    const door = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    this.#door = door;
    return `s3://evidence/${prefix}?endpoint=${encodeURIComponent(this.endpoint)}`;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${portOf(this.#door)}`;
  }

  async close(): Promise<void> {
    this.#door?.closeAllConnections();
    await new Promise((resolve) => (this.#door === undefined ? resolve(null) : this.#door.close(resolve)));
    this.#child?.kill("SIGKILL");
    rmSync(this.place, { recursive: true, force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.intercept(request, response)) return;
    if (!isSigned(request)) return void refuse(response, 403, "SignatureDoesNotMatch");
    const url = new URL(request.url ?? "/", "http://localhost");
    const lock = this.#locks.get(url.pathname);
    if (this.locksObjects && this.#answersLock(request, response, url, lock)) return;
    const isWrite = request.method === "PUT" || request.method === "POST";
    if (isWrite) this.#rememberLock(request, url);
    const options = { port: this.#port, method: request.method, path: request.url, headers: request.headers };
    const onward = forward(options, (answer) => this.#giveBack(request, answer, response, lock));
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }

  #answersLock(request: IncomingMessage, response: ServerResponse, url: URL, lock: Lock | undefined): boolean {
    const property = ["retention", "legal-hold"].find((name) => url.searchParams.has(name));
    if (request.method === "PUT" && property !== undefined) {
      void readAll(request).then((body) => this.#setProperty(url.pathname, property, body.toString(), response));
      return true;
    }
    const carriesLock = Object.keys(request.headers).some((name) => name.startsWith("x-amz-object-lock-"));
    if (request.method === "PUT" && carriesLock && request.headers["content-md5"] === undefined) {
      return refuse(response, 400, "InvalidRequest");
    }
    const isReplaced = request.method === "PUT" && url.search === "";
    const isDeleted = request.method === "DELETE" && url.search === "";
    return lock !== undefined && (isReplaced || isDeleted) ? refuse(response, 403, "AccessDenied") : false;
  }

  #setProperty(key: string, property: string, xml: string, response: ServerResponse): void {
    const text = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? "";
    const known = this.#locks.get(key) ?? {};
    const more =
      property === "retention" ? { mode: text("Mode"), until: text("RetainUntilDate") } : { hold: text("Status") };
    this.#locks.set(key, { ...known, ...more });
    response.writeHead(200).end();
  }

  #rememberLock(request: IncomingMessage, url: URL): void {
    const of = (name: string): string | undefined => request.headers[`x-amz-object-lock-${name}`]?.toString();
    const [mode, until, hold] = [of("mode"), of("retain-until-date"), of("legal-hold")];
    if (mode === undefined && hold === undefined) return;
    const lock = { ...(mode && until ? { mode, until } : {}), ...(hold ? { hold } : {}) };
    this.#locks.set(url.pathname, lock);
  }

  #giveBack(request: IncomingMessage, answer: IncomingMessage, response: ServerResponse, lock: Lock | undefined): void {
    const locked = this.locksObjects && (answer.statusCode ?? 500) < 300 && lock !== undefined;
    const headers = { ...answer.headers, ...(locked ? lockHeaders(lock) : {}) };
    if (request.method !== "GET") {
      response.writeHead(answer.statusCode ?? 500, headers);
      answer.pipe(response);
      return;
    }
    void this.#giveBody(answer, response, headers);
  }

  async #giveBody(answer: IncomingMessage, response: ServerResponse, headers: OutgoingHttpHeaders): Promise<void> {
    const given = this.tamper(await readAll(answer));
    response.writeHead(answer.statusCode ?? 500, { ...headers, "content-length": String(given.length) });
    response.end(given);
  }
}

function lockHeaders(lock: Lock): Record<string, string> {
  return {
    ...(lock.mode && lock.until
      ? { "x-amz-object-lock-mode": lock.mode, "x-amz-object-lock-retain-until-date": lock.until }
      : {}),
    ...(lock.hold ? { "x-amz-object-lock-legal-hold": lock.hold } : {}),
  };
}

function refuse(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
  return true;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function portOf(server: Server | undefined): number {
  const address: AddressInfo | string | null = server?.address() ?? null;
  if (address === null || typeof address === "string") throw new Error("the door is not open");
  return address.port;
}

/** The signature as Amazon describes it, computed from what came in. */
function isSigned(request: IncomingMessage): boolean {
  const parts = /Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/;
  const [, id, day = "", region = "", names = "", given] = parts.exec(request.headers.authorization ?? "") ?? [];
  if (id !== S3_CREDENTIALS.accessKeyId) return false;
  const url = new URL(request.url ?? "/", "http://localhost");
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const headers = names
    .split(";")
    .map((name) => `${name}:${request.headers[name]?.toString().trim() ?? ""}\n`)
    .join("");
  const hash = request.headers["x-amz-content-sha256"]?.toString() ?? "";
  const canonical = [request.method, url.pathname, query, headers, names, hash].join("\n");
  const sha256 = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], `${day}/${region}/s3/aws4_request`, sha256].join(
    "\n",
  );
  const start: string | Buffer = `AWS4${S3_CREDENTIALS.secretAccessKey}`;
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(hmac, start);
  return hmac(key, toSign).toString("hex") === given;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
