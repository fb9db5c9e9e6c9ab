import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { S3Server, S3_CREDENTIALS } from "../../../../../test/harness/s3-server.ts";
import { checkLog } from "../../audit/index.ts";
import { listCustody } from "../../evidence/index.ts";
import { recordSampleArchive } from "../../evidence/testing.ts";
import type { SampleArchive } from "../../evidence/testing.ts";
import { silentLogger } from "../../kernel/index.ts";
import { openS3Store, parseObjectPlace } from "../../objects/index.ts";
import { applyLegalHold, listDueCopies, previewRetention, runRetention, showRetention } from "../../retention/index.ts";
import { DAY_MS, openRetentionRoom } from "../../retention/testing.ts";
import type { RetentionRoom } from "../../retention/testing.ts";
import { createArchiveCopies } from "./archive-copies.ts";
import { deleteCopies } from "./copy-deletions.ts";
import { holdCopies } from "./copy-holds.ts";
import type { CopySettings, StorageSettings } from "./copy-store.ts";

const server = new S3Server();
const NEVER = new AbortController().signal;
let url: string;
let place: string;
let evidenceWorkerFile: string;
let room: RetentionRoom;
let archive: SampleArchive;
let startMs: number;

beforeAll(async () => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-deletions-"));
  evidenceWorkerFile = bundleEntry(path.join(import.meta.dirname, "worker/main.ts"), path.join(place, "worker.mjs"));
  url = await server.start("kept");
});
afterAll(async () => {
  await server.close();
  rmSync(place, { recursive: true });
});
beforeEach(async () => {
  room = await openRetentionRoom();
  startMs = room.clock.now();
  server.now = () => room.clock.now();
  server.isVersioned = true;
  archive = await recordSampleArchive(room, room.home, { "chat.txt": "hello" });
  await room.grow();
  server.requests.length = 0;
});
afterEach(async () => {
  server.intercept = () => false;
  server.locksObjects = true;
  await room.close();
});

const storage = (more: Partial<StorageSettings> = {}): StorageSettings => ({
  url,
  accessKeyEnv: "S3_ID",
  secretKeyEnv: "S3_SECRET",
  legalHold: false,
  ...more,
});
const settingsOf = (more: Partial<StorageSettings> = {}): CopySettings => ({
  storage: storage(more),
  formerStorage: [],
});
const context = () => ({
  ...room,
  logger: silentLogger,
  evidenceWorkerFile,
  readSecret: async (name: string) => (name === "S3_ID" ? S3_CREDENTIALS.accessKeyId : S3_CREDENTIALS.secretAccessKey),
});
const copy = (settings = settingsOf()) => createArchiveCopies(context(), settings.storage).pass();
const remove = (settings = settingsOf()) => deleteCopies(context(), settings, NEVER);
const hold = (settings = settingsOf()) => holdCopies(context(), settings, NEVER);
const row = () => room.database.kysely.selectFrom("evidence_copies").selectAll().executeTakeFirst();
const acts = async () => (await listCustody(room.database.kysely, archive.id)).map(({ act }) => act);
const store = () => openS3Store(parseObjectPlace(url), S3_CREDENTIALS, { clock: room.clock });

async function versions(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store().versions(`${archive.id}/`)) keys.push(key);
  return keys;
}

/** Archives of evidence go after ten days, at once. */
const SHORT = { retain: 10, archive: "none", delete: 10, noticeDays: 0 } as const;

function shortContext() {
  const { retention } = room.profile;
  return { ...room, profile: { retention: { ...retention, classes: { ...retention.classes, evidence: SHORT } } } };
}

async function deleteArchive(): Promise<void> {
  room.clock.advance(11 * DAY_MS);
  const { report } = await runRetention(shortContext(), { class: "evidence" });
  expect(report).toMatchObject({ deleted: 1, problems: [] });
}

describe("E-8: what retention deletes is deleted in the object store too", () => {
  test("every version and every mark, with a line of custody; the log verifies", async () => {
    await copy();
    await store().remove({ key: `${archive.id}/manifest.json`, versionId: null, isMarker: false });
    const stored = await versions();
    expect(stored.length).toBeGreaterThan(4);
    await deleteArchive();
    expect(existsSync(path.join(room.home, "evidence", archive.id))).toBe(false);
    expect(await listDueCopies(room)).toMatchObject([
      { archiveId: archive.id, place: "s3://evidence/kept", problem: null },
    ]);
    expect(await showRetention(room)).toMatchObject({ copiesDue: 1 });
    await remove();
    expect(await versions()).toEqual([]);
    expect(await row()).toBeUndefined();
    expect((await listCustody(room.database.kysely, archive.id)).at(-1)).toMatchObject({
      act: "deleted",
      to: "s3://evidence/kept",
      reason: expect.stringContaining(`${stored.length} versions deleted`),
    });
    await room.grow();
    expect(await checkLog(room)).toMatchObject({ intact: true, findings: [] });
    server.requests.length = 0;
    await remove();
    expect(server.requests).toEqual([]);
  });

  test("what a lock keeps stays due, is told, and goes when the lock has ended", async () => {
    const settings = settingsOf({ lock: { mode: "compliance", days: 40 } });
    await room.database.kysely
      .updateTable("evidence_archives")
      .set({ collected_at: new Date(startMs) })
      .execute();
    await copy(settings);
    room.clock.advance(11 * DAY_MS);
    const { plans } = await previewRetention(shortContext(), { class: "evidence" });
    const lockedUntil = new Date(startMs + 40 * DAY_MS).toISOString();
    expect(plans).toMatchObject([
      { place: "evidence_archives", rows: 1, lockedUntil: null },
      { place: "s3://evidence/kept", rows: 1, lockedUntil },
    ]);
    room.clock.advance(-11 * DAY_MS);
    await deleteArchive();
    const stored = await versions();
    await remove(settings);
    expect(await versions()).toEqual(stored);
    const [due] = await listDueCopies(room);
    expect(due?.problem).toMatch(/keeps \d+ versions, 0 were deleted: .* locked there until .*\(compliance\)/);
    expect(Date.parse(due?.nextAt ?? "") - Date.parse(lockedUntil)).toBeLessThanOrEqual(1_000);
    expect(await acts()).not.toContain("deleted");
    server.requests.length = 0;
    room.clock.advance(20 * DAY_MS);
    await remove(settings);
    expect(server.requests).toEqual([]);
    room.clock.advance(10 * DAY_MS);
    await remove(settings);
    expect(await versions()).toEqual([]);
    expect(await acts()).toContain("deleted");
  });

  test("what was cut off goes on with what is left, and nothing is counted before it is gone", async () => {
    await copy();
    await deleteArchive();
    const stored = await versions();
    const stopping = new AbortController();
    let left = 2;
    server.intercept = (request) => {
      if (request.method === "DELETE" && left-- === 0) stopping.abort();
      return false;
    };
    await deleteCopies(context(), settingsOf(), stopping.signal);
    const remaining = await versions();
    expect(remaining.length).toBeGreaterThan(0);
    expect(remaining.length).toBeLessThan(stored.length);
    expect(await row()).toMatchObject({ state: "deleting", attempts: 0 });
    server.intercept = () => false;
    server.requests.length = 0;
    await remove();
    const again = new Set(server.requests.filter((line) => line.startsWith("DELETE ")));
    expect(again.size).toBeLessThanOrEqual(remaining.length);
    expect(await row()).toBeUndefined();
  });

  test("a store that may not be listed by versions is not taken for one without", async () => {
    await copy();
    await deleteArchive();
    server.intercept = (request, response) => {
      const isListing = request.url?.includes("versions=") === true;
      if (isListing) response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
      return isListing;
    };
    await remove();
    expect((await row())?.last_error).toMatch(/403 AccessDenied/);
    expect(server.requests.some((line) => line.startsWith("DELETE ") && !line.includes("uploadId"))).toBe(false);
  });

  test("a bucket without versions and locks is emptied too", async () => {
    server.isVersioned = false;
    server.locksObjects = false;
    await copy();
    expect(await versions()).not.toEqual([]);
    await deleteArchive();
    await remove();
    expect(await versions()).toEqual([]);
    expect(await row()).toBeUndefined();
  });

  test("a row that nobody's deletion stands behind deletes nothing", async () => {
    await copy();
    await room.database.kysely.updateTable("evidence_copies").set({ state: "deleting" }).execute();
    await remove();
    await room.database.kysely.deleteFrom("evidence_archives").execute();
    room.clock.advance(DAY_MS);
    await remove();
    expect((await row())?.last_error).toMatch(/nothing on record says that its archive was deleted/);
    expect(await versions()).not.toEqual([]);
  });

  test("a store that the profile left behind is reached by its former name, and told of before", async () => {
    await copy();
    const elsewhere = settingsOf({ url: url.replace("/kept?", "/other?") });
    await copy(elsewhere);
    expect(
      await room.database.kysely.selectFrom("evidence_copies").select("former").orderBy("place").execute(),
    ).toEqual([{ former: true }, { former: false }]);
    await deleteArchive();
    await remove(elsewhere);
    expect(await listDueCopies(room)).toMatchObject([
      { place: "s3://evidence/kept", problem: expect.stringMatching(/add it to evidence.formerStorage/) },
    ]);
    room.clock.advance(DAY_MS);
    await remove({ ...elsewhere, formerStorage: [storage()] });
    expect(await versions()).toEqual([]);
    expect(await listDueCopies(room)).toEqual([]);
  });
});

describe("E-8: a legal hold is a legal hold in the object store", () => {
  const holdIt = () =>
    applyLegalHold(room, {
      caseId: "2026-17",
      scope: "evidence",
      target: archive.id,
      from: null,
      to: null,
      reason: "claim of Example Ltd",
    });
  const release = () =>
    room.database.kysely
      .updateTable("legal_holds")
      .set({ released_at: new Date(room.clock.now()) })
      .execute();
  const isHeldThere = async () => (await store().head(`${archive.id}/manifest.json`))?.lock?.legalHold === true;

  test("it is set on every object, is on record, is done once, and lifted at the release", async () => {
    await copy();
    await holdIt();
    await hold();
    expect(await isHeldThere()).toBe(true);
    expect((await listCustody(room.database.kysely, archive.id)).at(-1)).toMatchObject({
      act: "held",
      reason: expect.stringMatching(/for case 2026-17/),
    });
    server.requests.length = 0;
    await hold();
    expect(server.requests).toEqual([]);
    await release();
    await hold();
    expect(await isHeldThere()).toBe(false);
    expect(await acts()).toEqual(["collected", "stored", "held", "released"]);
  });

  test("cut off in the middle it is set again, and lifted although it was never done", async () => {
    await copy();
    await holdIt();
    let left = 2;
    server.intercept = (request, response) => {
      const isHold = request.url?.includes("legal-hold") === true && left-- <= 0;
      if (isHold) response.writeHead(400).end("<Error><Code>SlowDown</Code></Error>");
      return isHold;
    };
    await hold();
    expect(await row()).toMatchObject({ hold: "refused", hold_error: expect.stringMatching(/SlowDown/) });
    server.intercept = () => false;
    await release();
    await hold();
    expect(await isHeldThere()).toBe(false);
    expect(await row()).toMatchObject({ hold: "off" });
  });

  test("one that comes while a copy is due keeps what is left of it, until its release", async () => {
    await copy();
    await deleteArchive();
    let deletions = 0;
    server.intercept = (request, response) => {
      if (request.method !== "DELETE") return false;
      deletions += 1;
      // the store answers when the hold is in force
      void holdIt().then(() => response.writeHead(204).end());
      return true;
    };
    await remove();
    expect(deletions).toBe(1);
    expect(await row()).toMatchObject({ state: "deleting", last_error: "held by case 2026-17" });
    expect(await listDueCopies(room)).toMatchObject([{ cases: ["2026-17"] }]);
    server.intercept = () => false;
    await hold();
    expect(await isHeldThere()).toBe(true);
    expect(await versions()).not.toEqual([]);
    await release();
    await hold();
    await remove();
    expect(await versions()).toEqual([]);
    expect((await acts()).slice(-3)).toEqual(["held", "released", "deleted"]);
  });

  test("a bucket without it is told of, and Firebreak keeps to the hold all the same", async () => {
    server.isVersioned = false;
    server.locksObjects = false;
    await copy();
    await holdIt();
    await hold();
    expect(await row()).toMatchObject({ hold: "refused" });
    expect(await acts()).not.toContain("held");
    await release();
    await hold();
    expect(await row()).toMatchObject({ hold: "off" });
  });

  test("a legal hold that somebody else set in the store is never lifted from here", async () => {
    await copy();
    await store().setLegalHold({ key: `${archive.id}/manifest.json`, versionId: null, isMarker: false }, true);
    await deleteArchive();
    await hold();
    await remove();
    expect(await versions()).toEqual([`${archive.id}/manifest.json`]);
    expect((await row())?.last_error).toMatch(/a legal hold of the store is on it/);
  });
});
