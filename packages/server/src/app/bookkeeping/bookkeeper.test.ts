import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { openLogKey } from "../../audit/index.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { countUnindexed, createIntake } from "../../telemetry/index.ts";
import { Bookkeeper } from "./bookkeeper.ts";
import type { Duty } from "./messages.ts";

const home = mkdtempSync(path.join(tmpdir(), "firebreak-bookkeeping-"));
let test: TestDatabase;
let workerFile: string;

beforeAll(async () => {
  test = await createTestDatabase();
  workerFile = bundleEntry(path.join(import.meta.dirname, "worker.ts"), path.join(home, "worker.mjs"));
});
afterAll(async () => {
  await test.close();
  rmSync(home, { recursive: true, force: true });
});

/** @param file what the thread runs */
function open(file: string) {
  const { database, databaseUrl } = test;
  const newId = createNewId(() => systemClock.now());
  const intake = createIntake({ database, clock: systemClock, newId, logger: silentLogger, onStored: () => {} });
  const logKey = openLogKey(home);
  const bookkeeper = new Bookkeeper({
    place: { home, databaseUrl },
    stored: () => intake.stats().accepted,
    context: () => ({ database, clock: systemClock, logKey }),
    workerFile: file,
  });
  const send = async (count: number) => {
    const line = JSON.stringify({ agent: { id: "scout" }, kind: "log", data: { message: "a word" } });
    const body = Buffer.from(Array.from({ length: count }, () => line).join("\n"));
    await intake.acceptBody({ body, contentType: "application/x-ndjson" }, { name: "test" });
  };
  return { bookkeeper, send };
}

async function workWhole(bookkeeper: Bookkeeper, duty: Duty): Promise<void> {
  while (await bookkeeper.work(duty));
}

async function countLogged(): Promise<string | undefined> {
  const { rows } = await test.database.pool.query<{ size: string }>("select size from log_state");
  return rows[0]?.size;
}

describe("the bookkeeping of stored events", () => {
  it("does a few on the spot, and many in a thread with a connection of its own", async () => {
    const few = open(path.join(home, "no such file"));
    await few.send(40);
    await workWhole(few.bookkeeper, "log");
    expect(await countLogged()).toBe("40");
    const many = open(workerFile);
    await many.send(6_000);
    await Promise.all([workWhole(many.bookkeeper, "log"), workWhole(many.bookkeeper, "index")]);
    expect(await countLogged()).toBe("6040");
    expect(await countUnindexed({ database: test.database })).toBeLessThan(1_024);
    await many.bookkeeper.close();
  });

  it("tells of a thread that fails, and works on in another", async () => {
    const worker = path.join(home, "failing.mjs");
    const { bookkeeper, send } = open(worker);
    await send(1_000);
    writeFileSync(worker, "throw new Error('no room for it');");
    await expect(bookkeeper.work("log")).rejects.toThrow("no room for it");
    writeFileSync(worker, `import { parentPort } from "node:worker_threads"; parentPort.postMessage({ kind: "ready" });
      parentPort.once("message", () => process.exit(1));`); // prettier-ignore
    await expect(bookkeeper.work("log")).rejects.toThrow("ended without an answer");
    writeFileSync(worker, `import ${JSON.stringify(workerFile)};`);
    await workWhole(bookkeeper, "log");
    expect(await countLogged()).toBe("7040");
    await bookkeeper.close();
  });

  it("says why the database refused", async () => {
    const { bookkeeper, send } = open(workerFile);
    await send(1_000);
    await test.database.pool.query("alter table log_state rename to log_state_elsewhere");
    await expect(bookkeeper.work("log")).rejects.toThrow("log_state");
    await test.database.pool.query("alter table log_state_elsewhere rename to log_state");
    await workWhole(bookkeeper, "log");
    expect(await countLogged()).toBe("8040");
    await bookkeeper.close();
  });
});
