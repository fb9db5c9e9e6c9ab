import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { S3Server, S3_CREDENTIALS } from "../../../../test/harness/s3-server.ts";
import { systemClock } from "../kernel/index.ts";
import { ObjectStoreError, hashObject, keepObject, openS3Store, parseObjectPlace } from "./index.ts";
import type { ObjectLock, ObjectStore, ObjectVersion } from "./index.ts";

const server = new S3Server();
let place: string;
let store: ObjectStore;

beforeAll(async () => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-objects-"));
  store = openS3Store(parseObjectPlace(await server.start("case/7")), S3_CREDENTIALS, { clock: systemClock });
});
afterEach(() => {
  server.intercept = () => false;
  server.tamper = (body) => body;
  server.locksObjects = true;
  server.isVersioned = false;
  server.versionsOfPage = 1_000;
  server.now = Date.now;
});
afterAll(async () => {
  await server.close();
  rmSync(place, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const LOCK: ObjectLock = { mode: "GOVERNANCE", retainUntil: "2033-03-01T00:00:00.000Z", legalHold: true };

describe("objects in an S3-compatible store", () => {
  test("are written, listed and read back by key", async () => {
    await store.putBytes("blobs/one", Buffer.from("first"));
    await store.putBytes("blobs/two", Buffer.from("second"));
    expect(await store.head("blobs/one")).toEqual({ bytes: 5, lock: null });
    expect(await store.head("blobs/none")).toBeNull();
    expect(await hashObject(store, "blobs/two")).toEqual({ sha256: sha256(Buffer.from("second")), bytes: 6 });
    expect(await store.list("blobs/", 10)).toEqual(["blobs/one", "blobs/two"]);
    expect(await store.list("blobs/", 1)).toEqual(["blobs/one"]);
    await expect(store.read("blobs/none")).rejects.toMatchObject({ code: "not_found" });
  });

  test("a large file goes up in parts and comes back as it was", async () => {
    const bytes = randomBytes(17 * 1024 * 1024 + 5);
    const file = path.join(place, "large");
    writeFileSync(file, bytes);
    const kept = await keepObject(store, { key: "large", content: { file }, sha256: sha256(bytes) });
    expect(kept).toEqual({ isNew: true, bytes: bytes.length, lock: null });
    expect(server.requests.filter((line) => line.includes("partNumber="))).toHaveLength(3);
  });

  test("keeping one again sends nothing and another of its name is never replaced", async () => {
    const bytes = Buffer.from("kept");
    await keepObject(store, { key: "again", content: bytes, sha256: sha256(bytes) });
    server.requests.length = 0;
    expect(await keepObject(store, { key: "again", content: bytes, sha256: sha256(bytes) })).toMatchObject({
      isNew: false,
    });
    const other = Buffer.from("other");
    const request = { key: "again", content: other, sha256: sha256(other) };
    await expect(keepObject(store, request)).rejects.toMatchObject({ code: "different" });
    expect(server.requests.filter((line) => line.startsWith("PUT"))).toEqual([]);
  });

  test("what comes back otherwise than it was sent is found", async () => {
    server.tamper = (body) => Buffer.from(body.map((byte) => byte ^ 1));
    const bytes = Buffer.from("sent");
    const request = { key: "damaged", content: bytes, sha256: sha256(bytes) };
    await expect(keepObject(store, request)).rejects.toMatchObject({ code: "different" });
  });

  test("a lock is put on what is written, small and large, and on what lay there without one", async () => {
    const [small, large] = [Buffer.from("locked"), randomBytes(9 * 1024 * 1024)];
    const file = path.join(place, "large-locked");
    writeFileSync(file, large);
    const lock = LOCK;
    expect(await keepObject(store, { key: "l1", content: small, sha256: sha256(small), lock })).toMatchObject({ lock });
    expect(await keepObject(store, { key: "l2", content: { file }, sha256: sha256(large), lock })).toMatchObject({
      lock,
    });
    await store.putBytes("l3", small);
    expect(await keepObject(store, { key: "l3", content: small, sha256: sha256(small), lock })).toMatchObject({ lock });
    await expect(store.putBytes("l1", Buffer.from("over it"))).rejects.toThrow(/403 AccessDenied/);
  });

  test("a store without locks is not said to lock", async () => {
    server.locksObjects = false;
    const bytes = Buffer.from("free");
    const kept = await keepObject(store, { key: "free", content: bytes, sha256: sha256(bytes), lock: LOCK }).catch(
      String,
    );
    expect(kept).toMatchObject({ isNew: true, lock: null });
  });

  test("a server that cannot answer now is asked again, one that says no is not", async () => {
    let failures = 2;
    server.intercept = (_request, response) => {
      if (failures === 0) return false;
      failures -= 1;
      response.writeHead(503).end();
      return true;
    };
    expect(await store.head("blobs/one")).toMatchObject({ bytes: 5 });
    const stranger = openS3Store(
      parseObjectPlace(`s3://evidence?endpoint=${server.endpoint}`),
      { ...S3_CREDENTIALS, secretAccessKey: "guessed" },
      { clock: systemClock },
    );
    server.requests.length = 0;
    await expect(stranger.putBytes("x", Buffer.from("x"))).rejects.toThrow(/403 SignatureDoesNotMatch/);
    expect(server.requests).toHaveLength(1);
  });

  test("no message holds a secret", async () => {
    const gone = openS3Store(
      parseObjectPlace("s3://evidence?endpoint=http://127.0.0.1:9"),
      { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "hunter2hunter2" },
      { clock: systemClock },
    );
    const fault = await gone.head("x").catch((error: unknown) => String(error));
    expect(fault).toMatch(/s3:\/\/evidence cannot be reached/);
    expect(fault).not.toMatch(/hunter2|AKIDEXAMPLE/);
  });

  test.each(["../x", "a//b", "/a", "a/", "", "a b", "a/../b", "é", "a\nb"])("%j is no key", async (key) => {
    await expect(store.head(key)).rejects.toMatchObject({ code: "refused" });
  });
});

describe("the address of a store", () => {
  test("names bucket, prefix, region and endpoint", () => {
    expect(parseObjectPlace("s3://my-bucket/a/b/?region=eu-central-1")).toEqual({
      bucket: "my-bucket",
      prefix: "a/b/",
      region: "eu-central-1",
      bucketUrl: "https://my-bucket.s3.eu-central-1.amazonaws.com/",
      name: "s3://my-bucket/a/b",
    });
    expect(parseObjectPlace("s3://my-bucket?endpoint=https://minio.example.org:9000").bucketUrl).toBe(
      "https://minio.example.org:9000/my-bucket/",
    );
  });

  test.each([
    ["https://bucket/x", /not of the form/],
    ["s3://key:secret@bucket/x", /credentials do not belong there/],
    ["s3://bucket?endpoint=https://a:b@host", /not a plain address/],
    ["s3://bucket?endpoint=http://store.example.org", /needs https/],
    ["s3://bucket/a%20b", /prefix takes/],
    ["s3://bucket?acces_key=x", /takes endpoint, region and style/],
    ["s3://b", /bucket's name/],
  ])("%s is refused", (text, why) => {
    expect(() => parseObjectPlace(text)).toThrow(why);
  });

  test("whatever it is told, it throws nothing but its own error", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.string().map((text) => `s3://bucket/${text}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(attempt(() => parseObjectPlace(text))).toBeOneOf(["read", "bad_place"]);
      }),
      { numRuns: 200 },
    );
  });
});

function attempt(act: () => unknown): unknown {
  try {
    act();
    return "read";
  } catch (fault) {
    return fault instanceof ObjectStoreError ? fault.code : fault;
  }
}

describe("what is taken away again", () => {
  test("E-3: taking one away takes every version and every mark, and never one that the store holds", async () => {
    server.isVersioned = true;
    server.versionsOfPage = 2;
    const until = (ms: number) => new Date(ms).toISOString();
    for (const name of ["a", "b", "c"]) await store.putBytes(`gone/${name}`, Buffer.from(name));
    await store.putBytes("gone/locked", Buffer.from("locked"), {
      mode: "COMPLIANCE",
      retainUntil: until(Date.now() + 60_000),
      legalHold: false,
    });
    await store.remove({ key: "gone/b", versionId: null, isMarker: false });
    expect(await store.head("gone/b")).toBeNull();
    const kept = await all(store.versions("gone/"));
    expect(kept.map(({ key, isMarker }) => `${key} ${isMarker}`)).toEqual([
      "gone/a false",
      "gone/b true",
      "gone/b false",
      "gone/c false",
      "gone/locked false",
    ]);
    const refused: string[] = [];
    for (const version of kept)
      await store.remove(version).catch((fault) => refused.push(`${version.key} ${fault.code}`));
    expect(refused).toEqual(["gone/locked refused"]);
    expect(await all(store.versions("gone/"))).toHaveLength(1);
    server.now = () => Date.now() + 120_000;
    for (const version of await all(store.versions("gone/"))) await store.remove(version);
    expect(await all(store.versions("gone/"))).toEqual([]);
  });

  test("E-3: a legal hold is set and lifted, and where there are no versions objects are listed instead", async () => {
    await store.putBytes("held/one", Buffer.from("one"));
    const [version] = await all(store.versions("held/"));
    expect(version).toEqual({ key: "held/one", versionId: null, isMarker: false });
    const one = { key: "held/one", versionId: null, isMarker: false };
    await store.setLegalHold(one, true);
    await expect(store.remove(one)).rejects.toMatchObject({ code: "refused" });
    await store.setLegalHold(one, false);
    await store.remove(one);
    expect(await store.head("held/one")).toBeNull();
    server.locksObjects = false;
    await expect(store.setLegalHold(one, true)).rejects.toMatchObject({ code: "unsupported" });
  });

  test("E-3: parts of an upload that was cut off are thrown away", async () => {
    server.isVersioned = true;
    const file = path.join(place, "cut-off");
    writeFileSync(file, randomBytes(9 * 1024 * 1024));
    server.intercept = (request, response) => {
      const isPart = request.url?.includes("uploadId=") === true;
      if (isPart) response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
      return isPart;
    };
    await expect(store.putFile("cut/large", file)).rejects.toMatchObject({ code: "refused" });
    server.intercept = () => false;
    expect(await store.dropUploads("cut/")).toBe(1);
    expect(await store.dropUploads("cut/")).toBe(0);
  });
});

async function all(versions: AsyncIterable<ObjectVersion>): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  for await (const version of versions) found.push(version);
  return found;
}
