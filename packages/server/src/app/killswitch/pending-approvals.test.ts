import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getApproval, requestApproval } from "../../approvals/index.ts";
import { createNewId, readConfig, silentLogger, systemClock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { contextFor } from "../house.ts";
import { openHouse } from "../open-house.ts";
import type { OpenHouse } from "../open-house.ts";
import { stopAgents } from "./stop-agents.ts";

const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
const playbook = { kind: "playbook", id: "clean-up", name: "Clean up" } as const;
const reader = { actor: ada, access: "admin" } as const;
const newId = createNewId(() => systemClock.now());
let home: string;
let database: TestDatabase;
let house: OpenHouse;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), "firebreak-retained-"));
  database = await createTestDatabase();
  house = await openHouse({
    config: readConfig({ FIREBREAK_HOME: home, DATABASE_URL: database.databaseUrl }),
    environment: {},
    version: "0.0.0",
    dataDir: path.resolve(import.meta.dirname, "../../../../.."),
    clock: systemClock,
    newId,
    logger: silentLogger,
  });
});
afterAll(async () => {
  await house.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

test("C-2: questions that wait for a person outlive a stop of everything and its end, as they were", async () => {
  const asked = await inTransaction(house.database, (trx) =>
    requestApproval(trx, contextFor(house, playbook), {
      kind: "playbook.step",
      title: "Delete the old logs",
      reason: "the disk is full",
      arguments: { path: "/var/log/old" },
      preview: ["deletes 3 files"],
      expiresInMs: 3_600_000,
      role: "commander",
    }),
  );
  const before = await getApproval(house, reader, asked.id);
  const { hold } = await stopAgents(house, ada, { scope: "global", level: "kill", reason: "it leaks" });
  expect(await getApproval(house, reader, asked.id)).toEqual(before);
  await house.killswitch.release(hold.id, { actor: ada, reason: "the key was rotated" });
  expect(await getApproval(house, reader, asked.id)).toMatchObject({ state: "pending", answers: [] });
});
