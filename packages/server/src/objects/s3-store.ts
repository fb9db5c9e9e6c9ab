import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { isObjectKey } from "./object-place.ts";
import type { ObjectPlace } from "./object-place.ts";
import { ObjectStoreError } from "./object-store.ts";
import type { ObjectFacts, ObjectLock, ObjectStore, ObjectVersion } from "./object-store.ts";
import { S3Sender, readElements, readTag, readTags, readText } from "./s3-request.ts";
import type { S3Credentials, S3Options } from "./s3-request.ts";

/** S3 takes at least 5 MiB for every part but the last, and 10,000 parts. */
const PART_BYTES_MIN = 8 * 1024 * 1024;
const PARTS_MAX = 10_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const LIST_PAGE = 1_000;
/** Of one listing without versions, which is held in memory. */
const OBJECTS_MAX = 250_000;

export function openS3Store(place: ObjectPlace, credentials: S3Credentials, options: S3Options): ObjectStore {
  return new S3Store(place, new S3Sender(place, credentials, options));
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #prefix: string;
  readonly #sender: S3Sender;

  constructor(place: ObjectPlace, sender: S3Sender) {
    this.name = place.name;
    this.#prefix = place.prefix;
    this.#sender = sender;
  }

  async head(key: string, versionId: string | null = null): Promise<ObjectFacts | null> {
    const answer = await this.#sender.send({ method: "HEAD", key: this.#keyOf(key), query: queryOf(versionId) });
    if (answer.status === 404) return null;
    return { bytes: Number(answer.headers.get("content-length") ?? 0), lock: readLock(answer.headers) };
  }

  async putBytes(key: string, bytes: Uint8Array, lock?: ObjectLock): Promise<void> {
    const headers = { "content-md5": md5(bytes), ...lockHeaders(lock) };
    await this.#send({ method: "PUT", key: this.#keyOf(key), body: bytes, headers });
  }

  async putFile(key: string, file: string, lock?: ObjectLock): Promise<void> {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      if (size <= PART_BYTES_MIN) await this.putBytes(key, await readPart(handle, 0, size), lock);
      else await this.#putParts(this.#keyOf(key), handle, size, lock);
    } finally {
      await handle.close();
    }
  }

  async #putParts(key: string, handle: FileHandle, size: number, lock?: ObjectLock): Promise<void> {
    const begun = await this.#send({ method: "POST", key, query: { uploads: "" }, headers: lockHeaders(lock) });
    const uploadId = readTag(await readText(begun, ANSWER_BYTES_MAX), "UploadId");
    if (uploadId === undefined) throw new ObjectStoreError("refused", `${this.name} began no upload of ${key}`);
    try {
      const etags = await this.#sendParts(key, uploadId, handle, size);
      const parts = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
      const ended = await this.#send({ method: "POST", key, query: { uploadId }, body });
      // S3 may fail after it began to answer with 200
      const fault = readTag(await readText(ended, ANSWER_BYTES_MAX), "Code");
      if (fault !== undefined)
        throw new ObjectStoreError("unreachable", `${this.name} did not put ${key} together: ${fault}`);
    } catch (fault) {
      await this.#sender.send({ method: "DELETE", key, query: { uploadId } }).catch(() => undefined);
      throw fault;
    }
  }

  async #sendParts(key: string, uploadId: string, handle: FileHandle, size: number): Promise<string[]> {
    const partBytes = Math.max(PART_BYTES_MIN, Math.ceil(size / PARTS_MAX));
    const etags: string[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const body = await readPart(handle, start, Math.min(partBytes, size - start));
      const query = { partNumber: String(etags.length + 1), uploadId };
      const answer = await this.#send({ method: "PUT", key, query, body, headers: { "content-md5": md5(body) } });
      const etag = answer.headers.get("etag") ?? "";
      if (!/^"[\w+/=-]{1,128}"$/.test(etag))
        throw new ObjectStoreError("refused", `${this.name} named no part of ${key}`);
      etags.push(etag);
    }
    return etags;
  }

  async lock(key: string, lock: ObjectLock): Promise<void> {
    if (lock.mode !== null) {
      const retention = `<Retention><Mode>${lock.mode}</Mode><RetainUntilDate>${lock.retainUntil}</RetainUntilDate></Retention>`;
      await this.#putProperty(key, "retention", retention);
    }
    if (lock.legalHold) await this.#putProperty(key, "legal-hold", "<LegalHold><Status>ON</Status></LegalHold>");
  }

  async #putProperty(key: string, name: string, xml: string, versionId: string | null = null): Promise<void> {
    const body = Buffer.from(xml);
    const headers = { "content-md5": md5(body) };
    const query = { [name]: "", ...queryOf(versionId) };
    await this.#send({ method: "PUT", key: this.#keyOf(key), query, body, headers });
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#send({ method: "GET", key: this.#keyOf(key) });
    return body ?? emptyBody();
  }

  async list(prefix: string, limit: number): Promise<string[]> {
    const keys: string[] = [];
    let from: string | undefined;
    do {
      const query = {
        "list-type": "2",
        "max-keys": String(LIST_PAGE),
        prefix: `${this.#prefix}${prefix}`,
        ...(from === undefined ? {} : { "continuation-token": from }),
      };
      const xml = await readText(await this.#send({ method: "GET", key: "", query }), ANSWER_BYTES_MAX);
      keys.push(...readTags(xml, "Key").filter((key) => key.startsWith(this.#prefix)));
      from = readTag(xml, "NextContinuationToken");
    } while (from !== undefined && keys.length < limit);
    return keys.slice(0, limit).map((key) => key.slice(this.#prefix.length));
  }

  async *versions(prefix: string): AsyncGenerator<ObjectVersion> {
    try {
      for await (const page of this.#pages(prefix, "versions", ["key-marker", "version-id-marker"])) {
        // stores that do not know the question may answer another one
        if (!page.includes("<ListVersionsResult"))
          throw new ObjectStoreError("unsupported", `${this.name} has no versions`);
        yield* this.#versionsOf(page);
      }
    } catch (fault) {
      if (!(fault instanceof ObjectStoreError) || fault.code !== "unsupported") throw fault;
      for (const key of await this.list(prefix, OBJECTS_MAX)) yield { key, versionId: null, isMarker: false };
    }
  }

  #versionsOf(xml: string): ObjectVersion[] {
    const read = (name: string, isMarker: boolean) =>
      readElements(xml, name).flatMap((element) => {
        const key = readTag(element, "Key") ?? "";
        const versionId = readTag(element, "VersionId") ?? null;
        return key.startsWith(this.#prefix) ? [{ key: key.slice(this.#prefix.length), versionId, isMarker }] : [];
      });
    return [...read("Version", false), ...read("DeleteMarker", true)];
  }

  /** Every page of a listing that goes on with markers. */
  async *#pages(prefix: string, what: "versions" | "uploads", markers: readonly string[]): AsyncGenerator<string> {
    let from: Record<string, string> | undefined = {};
    while (from !== undefined) {
      const query: Record<string, string> = { [what]: "", prefix: `${this.#prefix}${prefix}`, ...from };
      const xml = await readText(await this.#send({ method: "GET", key: "", query }), ANSWER_BYTES_MAX);
      yield xml;
      from = readTag(xml, "IsTruncated") === "true" ? markersOf(xml, markers) : undefined;
    }
  }

  async remove({ key, versionId }: ObjectVersion): Promise<void> {
    await this.#sender.send({ method: "DELETE", key: this.#keyOf(key), query: queryOf(versionId) });
  }

  async setLegalHold({ key, versionId }: ObjectVersion, isOn: boolean): Promise<void> {
    const xml = `<LegalHold><Status>${isOn ? "ON" : "OFF"}</Status></LegalHold>`;
    await this.#putProperty(key, "legal-hold", xml, versionId);
  }

  async dropUploads(prefix: string): Promise<number> {
    let dropped = 0;
    try {
      for await (const page of this.#pages(prefix, "uploads", ["key-marker", "upload-id-marker"])) {
        for (const upload of readElements(page, "Upload")) {
          const [key, uploadId] = [readTag(upload, "Key") ?? "", readTag(upload, "UploadId") ?? ""];
          if (!key.startsWith(`${this.#prefix}${prefix}`)) continue;
          const named = this.#keyOf(key.slice(this.#prefix.length));
          await this.#sender.send({ method: "DELETE", key: named, query: { uploadId } });
          dropped += 1;
        }
      }
    } catch (fault) {
      if (!(fault instanceof ObjectStoreError) || fault.code !== "unsupported") throw fault;
    }
    return dropped;
  }

  /** @throws ObjectStoreError also when there is nothing of that key */
  async #send(request: Parameters<S3Sender["send"]>[0]): Promise<Response> {
    const answer = await this.#sender.send(request);
    if (answer.status !== 404) return answer;
    const code = readTag(await readText(answer, ANSWER_BYTES_MAX), "Code") ?? "404";
    throw new ObjectStoreError(
      "not_found",
      `${this.name} has no ${request.key || "such bucket"} (${code.slice(0, 60)})`,
    );
  }

  #keyOf(key: string): string {
    if (!isObjectKey(key)) throw new ObjectStoreError("refused", `an object cannot be named ${JSON.stringify(key)}`);
    return `${this.#prefix}${key}`;
  }
}

const queryOf = (versionId: string | null): Record<string, string> => (versionId === null ? {} : { versionId });

/** Where the next page begins; undefined when the store names no place, which would be the first page again. */
function markersOf(xml: string, names: readonly string[]): Record<string, string> | undefined {
  const found = names.flatMap((name) => {
    const tag = `Next${name
      .split("-")
      .map((word) => word[0]?.toUpperCase() + word.slice(1))
      .join("")}`;
    const text = readTag(xml, tag);
    return text === undefined || text === "" ? [] : [[name, text] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // an object of no bytes
}

async function readPart(handle: FileHandle, start: number, bytes: number): Promise<Buffer> {
  const part = Buffer.alloc(bytes);
  for (let offset = 0; offset < bytes;) {
    const { bytesRead } = await handle.read(part, offset, bytes - offset, start + offset);
    if (bytesRead === 0) throw new ObjectStoreError("different", "the file became shorter while it was sent");
    offset += bytesRead;
  }
  return part;
}

/** What S3 demands of writes with a lock, against damage on the way; it protects nothing. */
function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

function lockHeaders(lock: ObjectLock | undefined): Record<string, string> {
  if (lock === undefined) return {};
  return {
    ...(lock.mode === null ? {} : { "x-amz-object-lock-mode": lock.mode }),
    ...(lock.retainUntil === null ? {} : { "x-amz-object-lock-retain-until-date": lock.retainUntil }),
    ...(lock.legalHold ? { "x-amz-object-lock-legal-hold": "ON" } : {}),
  };
}

function readLock(headers: Headers): ObjectLock | null {
  const mode = headers.get("x-amz-object-lock-mode");
  const retainUntil = headers.get("x-amz-object-lock-retain-until-date");
  const legalHold = headers.get("x-amz-object-lock-legal-hold") === "ON";
  const isKnown = (mode === "GOVERNANCE" || mode === "COMPLIANCE") && retainUntil !== null;
  if (!isKnown) return legalHold ? { mode: null, retainUntil: null, legalHold } : null;
  return { mode, retainUntil, legalHold };
}
