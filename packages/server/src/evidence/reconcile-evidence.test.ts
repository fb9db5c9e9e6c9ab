import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, createNewId } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { readCollectionRecords, writeCollectionRecord } from "./collect/collection-record.ts";
import { emptySurroundings, readArchive, settingsFor } from "./collect/testing.ts";
import { collectEvidence, getEvidence, reconcileEvidence, settleInterrupted } from "./index.ts";

const START = Date.parse("2026-03-01T03:00:00Z");
const newId = createNewId(() => START);
let shared: TestDatabase;
let home: string;
let said: string[];
beforeAll(async () => {
  shared = await createTestDatabase();
});
afterAll(() => shared.close());
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "firebreak-reconcile-"));
  said = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const say = (message: string) => said.push(message);
const logger: Logger = { debug: () => {}, info: say, warn: say, error: say };
const clock = createManualClock(START);

/** As the command line does while no server runs. */
function collectAlone(into = home) {
  return collectEvidence(
    { home: into, database: null, clock, actor: { kind: "cli", id: "ada", name: "ada" } },
    {
      archiveId: newId("evidence"),
      incidentId: null,
      agentIds: [],
      sessionId: null,
      sessions: [],
      reason: "case 17",
      level: "quick",
      settings: settingsFor("firewall"),
      surroundings: emptySurroundings(),
      signal: new AbortController().signal,
    },
  );
}

function createPass() {
  const actor = { kind: "daemon", id: "firebreak", name: "firebreak" } as const;
  const ctx = {
    home,
    database: shared.database,
    clock,
    logger,
    actor,
    refused: new Set<string>(),
    tried: new Set<string>(),
  };
  const settle = (of: { home: string; tried: ReadonlySet<string> }) => settleInterrupted({ ...of, clock });
  return () => reconcileEvidence({ ...ctx, settle });
}

async function actsOn(id: string) {
  const { kysely } = shared.database;
  const rows = await kysely
    .selectFrom("audit_log")
    .select(["action", "actor", "leaf"])
    .where("target", "=", id)
    .execute();
  return rows.map(({ action, actor }) => ({ action, actor: `${actor.kind} ${actor.name}` }));
}

describe("E-3: what happened while no server ran", () => {
  test("a sealed archive comes onto the record once, as an act of whoever collected it", async () => {
    const sealed = await collectAlone();
    const pass = createPass();
    await pass();
    await pass();
    expect(await getEvidence({ database: shared.database }, sealed.id)).toMatchObject({
      manifestSha256: sealed.manifestSha256,
      reason: "case 17",
      collectedBy: { kind: "cli", name: "ada" },
      collectedAt: "2026-03-01T03:00:00.000Z",
    });
    expect(await actsOn(sealed.id)).toEqual([
      { action: "evidence.collect", actor: "cli ada" },
      { action: "evidence.custody", actor: "cli ada" },
    ]);
  });

  test("a directory that another key sealed, or whose manifest was changed, is told of once and not put on record", async () => {
    const other = mkdtempSync(path.join(os.tmpdir(), "firebreak-reconcile-"));
    const foreign = await collectAlone(other);
    const edited = await collectAlone();
    cpSync(foreign.directory, path.join(home, "evidence", foreign.id), { recursive: true });
    rmSync(other, { recursive: true, force: true });
    const file = path.join(edited.directory, "manifest.json");
    const text = readFileSync(file, "utf8");
    rmSync(file, { force: true });
    writeFileSync(file, text.replace("case 17", "case 18"));
    const pass = createPass();
    await pass();
    await pass();
    for (const { id } of [foreign, edited]) expect(await actsOn(id)).toEqual([]);
    expect(said).toHaveLength(2);
  });

  test("a collection whose process is gone is sealed, told of once and put on record, one that lives is left alone", async () => {
    const facts = {
      incidentId: null,
      agentId: null,
      sessionId: null,
      level: "full",
      reason: "case 17",
      end: null,
    } as const;
    const [dead, alive] = [newId("evidence"), newId("evidence")];
    for (const [id, pid] of [
      [dead, 999_999_999],
      [alive, process.pid],
    ] as const) {
      mkdirSync(path.join(home, "evidence", id, "blobs"), { recursive: true });
      writeCollectionRecord(home, {
        version: 1,
        id,
        ...facts,
        actor: { kind: "person", id: "usr_1", name: "ada" },
        process: { pid, startTime: null },
        startedAt: "2026-03-01T02:00:00.000Z",
        endsBy: "2026-03-01T04:00:00.000Z",
        progress: { done: 2, total: 9, current: "logs", items: 40, bytes: 4_000 },
      });
    }
    const pass = createPass();
    await pass();
    await pass();
    expect(await actsOn(dead)).toEqual([
      { action: "evidence.interrupt", actor: "daemon firebreak" },
      { action: "evidence.collect", actor: "person ada" },
      { action: "evidence.custody", actor: "person ada" },
    ]);
    expect(await actsOn(alive)).toEqual([]);
    const { directory, failedItems } = await getEvidence({ database: shared.database }, dead);
    expect(failedItems).toBe(1);
    const problem = "its process ended after 2 of 9 kinds of evidence, while it collected logs";
    expect(readArchive(directory).item("interrupted")).toMatchObject({ status: "failed", reason: problem });
    expect(readCollectionRecords(home).map(({ id }) => id)).toEqual([alive]);
  });
});
