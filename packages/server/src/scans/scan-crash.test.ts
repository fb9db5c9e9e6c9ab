import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { addIndicators } from "../indicators/index.ts";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock, toIso } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createDurableWork } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import { getScan, requestScan } from "./index.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
/** More in each page of the scan than it holds back, so that each page is kept. */
const SESSIONS = 520;
const ROUNDS = 6;
/** What one scan opens. */
const ALERTS = 500;

let place: string;
let home: string;
let database: TestDatabase;
let node: string;
let worker: string;

beforeAll(async () => {
  place = mkdtempSync(path.join(tmpdir(), "firebreak-scan-crash-"));
  home = path.join(place, "home");
  mkdirSync(home, { mode: 0o700 });
  node = bundleEntry(path.join(import.meta.dirname, "test-programs/scan-node.ts"), path.join(place, "node.mjs"));
  worker = bundleEntry(path.join(import.meta.dirname, "worker/main.ts"), path.join(place, "worker.mjs"));
  database = await createTestDatabase();
  await storeEvents();
});
afterAll(async () => {
  await database.close();
  rmSync(place, { recursive: true, force: true });
});

async function storeEvents(): Promise<void> {
  const redactor = createRedactor(DEFAULT_REDACTION);
  const intake = createIntake({
    database: database.database,
    clock,
    logger: silentLogger,
    newId,
    redactor,
    onStored: () => undefined,
  });
  for (let round = 0; round < ROUNDS; round++) {
    const lines = Array.from({ length: SESSIONS }, (_, session) => {
      const agent = { id: "scout", session: `session-${session}` };
      return JSON.stringify({
        agent,
        kind: "command",
        time: toIso(clock.now()),
        data: { command: "curl evil.example" },
      });
    });
    const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", clock.now());
    expect((await intake.accept(batch, { name: "test" })).rejected).toEqual([]);
  }
  await intake.close();
}

/** Runs a node until so much is done, and kills it. */
async function killOnce(isDone: () => Promise<boolean>): Promise<void> {
  const child = spawn(process.execPath, [node, database.databaseUrl, home, worker], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  try {
    while (!(await isDone())) {
      if (child.exitCode !== null) throw new Error("the node ended by itself");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

async function askOne<T extends object>(sql: string): Promise<T> {
  const { rows } = await database.database.pool.query<T>(sql);
  const [row] = rows;
  if (row === undefined) throw new Error(`nothing answers ${sql}`);
  return row;
}

describe("E-6: a scan whose process is killed", () => {
  test("goes on from where it was: no event counts twice, and nothing is told twice", async () => {
    const actor = { kind: "person", id: "ada", name: "ada" } as const;
    const work = createDurableWork({
      database: database.database,
      clock,
      logger: silentLogger,
      nodeId: newId("supervisor"),
      home: place,
    });
    const ctx = { home, database: database.database, clock, newId, logger: silentLogger, actor, work };
    await addIndicators({ ...ctx }, { source: "feed", values: ["evil.example"] });
    const redactor = createRedactor(DEFAULT_REDACTION);
    const severity = { label: "SEV", respondMinutes: 5 };
    const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };
    const { id } = await requestScan({ ...ctx, profile, redactor }, { target: { kind: "events" }, alert: true });
    const view = () => getScan(ctx, id);
    const kept: number[] = [];
    for (const examined of [1, 1_500]) {
      await killOnce(async () => (await view()).examined >= examined);
      kept.push((await view()).examined);
    }
    await killOnce(async () => (await view()).alerts >= 50);
    const { alerts: told } = await view();
    await killOnce(async () => (await view()).state === "done");

    expect(kept[0]).toBeLessThan(SESSIONS * ROUNDS);
    expect(told).toBeLessThan(ALERTS);
    expect(await view()).toMatchObject({ state: "done", examined: SESSIONS * ROUNDS, hits: SESSIONS, alerts: ALERTS });
    expect(
      await askOne(
        "select sum(count)::int as sum, min(count)::int as least, max(count)::int as most from indicator_scan_hits",
      ),
    ).toEqual({ sum: SESSIONS * ROUNDS, least: ROUNDS, most: ROUNDS });
    expect(
      await askOne("select count(*)::int as alerts, count(distinct session_id)::int as sessions from alerts"),
    ).toEqual({ alerts: ALERTS, sessions: ALERTS });
  }, 120_000);
});
