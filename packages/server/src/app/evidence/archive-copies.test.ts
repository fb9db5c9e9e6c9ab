import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { S3Server, S3_CREDENTIALS } from "../../../../../test/harness/s3-server.ts";
import { getEvidence, listCustody, verifyArchive } from "../../evidence/index.ts";
import { recordSampleArchive } from "../../evidence/testing.ts";
import type { SampleArchive } from "../../evidence/testing.ts";
import { createManualClock, silentLogger } from "../../kernel/index.ts";
import { openS3Store, parseObjectPlace } from "../../objects/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import { createArchiveCopies } from "./archive-copies.ts";

const clock = createManualClock(Date.now());
const server = new S3Server();
let shared: Awaited<ReturnType<typeof createTestDatabase>>;
let place: string;
let evidenceWorkerFile: string;
let url: string;
let archive: SampleArchive;
let secrets: Record<string, string>;

beforeAll(async () => {
  shared = await createTestDatabase();
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-copies-"));
  evidenceWorkerFile = bundleEntry(path.join(import.meta.dirname, "worker/main.ts"), path.join(place, "worker.mjs"));
  url = await server.start("kept");
});
afterAll(async () => {
  await server.close();
  await shared.close();
  rmSync(place, { recursive: true, force: true });
});
beforeEach(async () => {
  secrets = { EVIDENCE_S3_KEY_ID: S3_CREDENTIALS.accessKeyId, EVIDENCE_S3_SECRET: S3_CREDENTIALS.secretAccessKey };
  archive = await recordSampleArchive(contextOf(), place, { large: Buffer.alloc(9 * 1024 * 1024, "evidence ") });
  server.requests.length = 0;
});
afterEach(async () => {
  server.intercept = () => false;
  server.tamper = (body) => body;
  server.locksObjects = true;
  await shared.database.kysely.deleteFrom("evidence_archives").execute();
  await shared.database.kysely.deleteFrom("evidence_copies").execute();
});

function contextOf() {
  const actor = { kind: "daemon", id: "firebreak", name: "firebreak" } as const;
  return {
    database: shared.database,
    clock,
    home: place,
    actor,
    evidenceWorkerFile,
    logger: silentLogger,
    readSecret: async (name: string) => secrets[name],
  };
}

function copies(more: object = {}) {
  const names = { accessKeyEnv: "EVIDENCE_S3_KEY_ID", secretKeyEnv: "EVIDENCE_S3_SECRET" };
  return createArchiveCopies(contextOf(), { url, ...names, legalHold: false, ...more });
}

const view = async () => getEvidence(contextOf(), archive.id);
const store = () => openS3Store(parseObjectPlace(url), S3_CREDENTIALS, { clock });
const puts = () => server.requests.filter((line) => line.startsWith("PUT ") || line.startsWith("POST "));

describe("E-3: a copy of an archive in an S3-compatible store", () => {
  test("is proved by reading it back, is on record, and is made once", async () => {
    await copies().pass();
    const { copy } = await view();
    expect(copy).toMatchObject({ place: "s3://evidence/kept", state: "stored", locked: false, lastError: null });
    const keys = await store().list(`${archive.id}/`, 100);
    expect(keys).toHaveLength(copy?.objects ?? 0);
    expect(keys).toContain(`${archive.id}/custody/000001.json`);
    const custody = await listCustody(shared.database.kysely, archive.id);
    expect(custody.at(-1)).toMatchObject({ act: "stored", to: "s3://evidence/kept" });
    const sent = puts().length;
    await copies().pass();
    expect(puts()).toHaveLength(sent);
    expect(await verifyArchive(archive.directory)).toMatchObject({ intact: true });
  });

  test("is locked where the store locks, and says so where it does not", async () => {
    const wanted = { lock: { mode: "compliance", days: 30 }, legalHold: true };
    await copies(wanted).pass();
    expect((await view()).copy).toMatchObject({ state: "stored", locked: true });
    const { lock } = (await store().head(`${archive.id}/manifest.json`)) ?? { lock: null };
    expect(lock).toMatchObject({ mode: "COMPLIANCE", legalHold: true });
    server.locksObjects = false;
    archive = await recordSampleArchive(contextOf(), place);
    await copies(wanted).pass();
    expect((await view()).copy).toMatchObject({ state: "stored", locked: false });
    const custody = await listCustody(shared.database.kysely, archive.id);
    expect(custody.at(-1)?.reason).toMatch(/did not take the lock/);
  });

  test("that broke off goes on with what is missing", async () => {
    let left = 6;
    server.intercept = (request, response) => {
      if (request.method !== "PUT" || left-- > 0) return false;
      response.writeHead(403).end("<Error><Code>QuotaExceeded</Code></Error>");
      return true;
    };
    await copies().pass();
    expect((await view()).copy).toMatchObject({
      state: "failed",
      attempts: 1,
      lastError: expect.stringMatching(/QuotaExceeded/),
    });
    const already = (await store().list(`${archive.id}/`, 100)).length;
    expect(already).toBeGreaterThan(1);
    server.intercept = () => false;
    await copies().pass();
    expect((await view()).copy).toMatchObject({ state: "failed" });
    clock.advance(120_000);
    server.requests.length = 0;
    await copies().pass();
    const { copy } = await view();
    expect(copy).toMatchObject({ state: "stored" });
    expect(puts()).toHaveLength((copy?.objects ?? 0) - already);
  });

  test("is not believed when it reads back otherwise, and the archive here stays", async () => {
    server.tamper = (body) => Buffer.concat([body, Buffer.from("x")]);
    await copies().pass();
    expect((await view()).copy).toMatchObject({
      state: "failed",
      lastError: expect.stringMatching(/gave back other content/),
    });
    expect(await verifyArchive(archive.directory)).toMatchObject({ intact: true });
  });

  test("is not made of an archive that is not intact", async () => {
    const [blob = ""] = readdirSync(path.join(archive.directory, "blobs"));
    appendFileSync(path.join(archive.directory, "blobs", blob), "x");
    await copies().pass();
    expect((await view()).copy).toMatchObject({ state: "failed", lastError: expect.stringMatching(/not intact here/) });
    expect(puts()).toEqual([]);
  });

  test("needs its secrets, and no message holds one", async () => {
    secrets = {};
    await copies().pass();
    expect((await view()).copy?.lastError).toBe("the secrets EVIDENCE_S3_KEY_ID and EVIDENCE_S3_SECRET are not set");
    secrets = { EVIDENCE_S3_KEY_ID: "S3RVER", EVIDENCE_S3_SECRET: "hunter2hunter2" };
    clock.advance(120_000);
    await copies().pass();
    const { copy } = await view();
    expect(copy?.lastError).toMatch(/answered HEAD .* with 403$/);
    expect(JSON.stringify(copy)).not.toContain("hunter2");
  });

  test("under way is ended when the server stops, and nothing says that it failed", async () => {
    const under = copies();
    server.intercept = (request) => {
      if (request.method === "PUT") under.stop();
      return request.method === "PUT";
    };
    await under.pass();
    expect((await view()).copy).toMatchObject({ state: "waiting", attempts: 0, lastError: null });
  });

  test("is not wanted without a store in the profile", async () => {
    await createArchiveCopies(contextOf(), undefined).pass();
    writeFileSync(path.join(place, "nothing"), "");
    expect((await view()).copy).toBeNull();
  });
});
