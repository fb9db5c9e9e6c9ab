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

interface Version {
  readonly id: string;
  readonly isMarker: boolean;
}

interface Lock {
  mode?: string;
  until?: string;
  hold?: string;
}

/**
 * A real S3-compatible server (s3rver), with a door before it for what s3rver lacks: it checks signatures (AWS Signature
 * Version 4), keeps object locks and versions as Amazon documents them, and makes faults on request.
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
  /** keeps what is deleted, and lists versions, marks and uploads; s3rver itself answers that it does not */
  isVersioned = false;
  /** by which locks end */
  now: () => number = Date.now;
  versionsOfPage = 1_000;
  readonly #versions = new Map<string, Version[]>();
  readonly #uploads = new Map<string, string>();
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
    if (this.#port === 0) throw new Error(`s3rver does not start; is it in ${PROGRAM}? \`npm test\` brings it`);
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
    if (this.isVersioned && this.#answersVersions(request, response, url)) return;
    if (this.locksObjects && this.#answersLock(request, response, url, lock)) return;
    const isWrite = request.method === "PUT" || request.method === "POST";
    if (isWrite) this.#rememberLock(request, url);
    // the door has checked the signature; s3rver would go by a clock that tests do not move
    const { authorization: _, ...headers } = request.headers;
    const options = { port: this.#port, method: request.method, path: request.url, headers };
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
    const isDeleted = request.method === "DELETE" && !url.searchParams.has("uploadId");
    return this.#isLocked(lock) && (isReplaced || isDeleted) ? refuse(response, 403, "AccessDenied") : false;
  }

  #isLocked(lock: Lock | undefined): boolean {
    if (lock?.hold === "ON") return true;
    return lock?.until !== undefined && Date.parse(lock.until) > this.now();
  }

  /** What a versioned bucket does otherwise; a key has one version of content here, because nothing is written over. */
  #answersVersions(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const { searchParams, pathname } = url;
    const versions = this.#versions.get(pathname) ?? [];
    const named = versions.find(({ id }) => id === searchParams.get("versionId"));
    if (request.method === "GET" && searchParams.has("versions")) return this.#listVersions(response, searchParams);
    if (request.method === "GET" && searchParams.has("uploads")) return this.#listUploads(response, searchParams);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && !searchParams.has("versionId") && versions[0]?.isMarker === true)
      return refuse(response, 404, "NoSuchKey");
    if (request.method !== "DELETE") return false;
    // s3rver cannot throw an upload away
    if (searchParams.has("uploadId")) {
      this.#uploads.delete(searchParams.get("uploadId") ?? "");
      response.writeHead(204).end();
      return true;
    }
    if (url.search === "") {
      this.#versions.set(pathname, [{ id: `mark-${this.requests.length}`, isMarker: true }, ...versions]);
      response.writeHead(204, { "x-amz-delete-marker": "true" }).end();
      return true;
    }
    if (named?.isMarker !== true) return false;
    this.#forget(pathname, named.id);
    response.writeHead(204).end();
    return true;
  }

  #forget(pathname: string, id: string | null): void {
    const left = (this.#versions.get(pathname) ?? []).filter((version) => version.id !== id);
    if (left.length === 0) this.#versions.delete(pathname);
    else this.#versions.set(pathname, left);
  }

  #listVersions(response: ServerResponse, query: URLSearchParams): true {
    const all = [...this.#versions].flatMap(([pathname, versions]) =>
      versions.map((version) => ({ key: pathname.replace(/^\/evidence\//, ""), ...version })),
    );
    const below = all
      .filter(({ key }) => key.startsWith(query.get("prefix") ?? ""))
      .toSorted((left, right) => (left.key < right.key ? -1 : 1));
    const [after, afterId] = [query.get("key-marker"), query.get("version-id-marker")];
    const rest = below.filter(
      ({ key, id }) => after === null || key > after || (key === after && afterId !== null && id !== afterId),
    );
    const page = rest.slice(0, this.versionsOfPage);
    const last = page.at(-1);
    const isMore = rest.length > page.length && last !== undefined;
    const next = isMore
      ? `<NextKeyMarker>${last.key}</NextKeyMarker><NextVersionIdMarker>${last.id}</NextVersionIdMarker>`
      : "";
    const elements = page.map(({ key, id, isMarker }) => {
      const name = isMarker ? "DeleteMarker" : "Version";
      return `<${name}><Key>${key}</Key><VersionId>${id}</VersionId><Owner><ID>1</ID></Owner></${name}>`;
    });
    const xml = `<ListVersionsResult><IsTruncated>${isMore}</IsTruncated>${next}${elements.join("")}</ListVersionsResult>`;
    response.writeHead(200, { "content-type": "application/xml" }).end(xml);
    return true;
  }

  #listUploads(response: ServerResponse, query: URLSearchParams): true {
    const uploads = [...this.#uploads].filter(([, key]) => key.startsWith(query.get("prefix") ?? ""));
    const elements = uploads.map(([id, key]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
    const xml = `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${elements.join("")}</ListMultipartUploadsResult>`;
    response.writeHead(200, { "content-type": "application/xml" }).end(xml);
    return true;
  }

  /** Keeps account of versions and uploads by what the server did. */
  #account(request: IncomingMessage, answer: IncomingMessage, body: Buffer): void {
    const url = new URL(request.url ?? "/", "http://localhost");
    const { searchParams, pathname } = url;
    if ((answer.statusCode ?? 500) >= 300) return;
    const uploadId = searchParams.get("uploadId");
    if (searchParams.has("uploads")) {
      const begun = /<UploadId>([^<]+)</.exec(body.toString())?.[1];
      if (begun !== undefined) this.#uploads.set(begun, pathname.replace(/^\/evidence\//, ""));
    } else if (uploadId !== null && request.method !== "PUT") this.#uploads.delete(uploadId);
    const isWritten =
      (request.method === "PUT" && url.search === "") || (request.method === "POST" && uploadId !== null);
    if (isWritten) this.#versions.set(pathname, [{ id: `v${this.requests.length}`, isMarker: false }]);
    if (request.method === "DELETE" && uploadId === null) this.#forget(pathname, searchParams.get("versionId"));
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
    void this.#giveBody(request, answer, response, headers);
  }

  async #giveBody(
    request: IncomingMessage,
    answer: IncomingMessage,
    response: ServerResponse,
    headers: OutgoingHttpHeaders,
  ): Promise<void> {
    const body = await readAll(answer);
    this.#account(request, answer, body);
    const given = request.method === "GET" ? this.tamper(body) : body;
    const length = request.method === "GET" ? { "content-length": String(given.length) } : {};
    response.writeHead(answer.statusCode ?? 500, { ...headers, ...length });
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
