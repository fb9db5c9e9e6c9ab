import type { AgentEventInput } from "@firebreak/protocol";
import { agentEventInput, EVENT_KINDS } from "@firebreak/protocol";
import * as fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { BatchMaker } from "./prepared-batch.ts";
import type { PreparedBatch } from "./prepared-batch.ts";
import { copyEvents, insertEvents } from "./store-events.ts";

const redactor = createRedactor({ ...DEFAULT_REDACTION, secrets: "off", pii: "off" });
let test: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  test = await createTestDatabase();
  client = await test.database.pool.connect();
});
afterAll(async () => {
  client.release();
  await test.close();
});
beforeEach(() => test.database.pool.query("truncate events; alter sequence events_seq restart"));

function batchOf(inputs: readonly AgentEventInput[]): PreparedBatch {
  const receivedTime = "2026-03-01T12:00:00.000Z";
  const maker = new BatchMaker(
    { sender: { name: "door" }, receivedTime, makeId: () => "evt_made", redactor, matchIndicators: () => [] },
    0,
  );
  for (const input of inputs) maker.add(input);
  return maker.finish();
}

const eventOf = (id: string, time = "2026-03-01T11:00:00.000Z"): AgentEventInput => ({
  id,
  time,
  agent: { id: "scout" },
  kind: "log",
});

async function readTable(): Promise<unknown[]> {
  return (await test.database.pool.query("select * from events order by seq")).rows;
}

const name = fc.string({ unit: fc.constantFrom("a", "Z", "é", "漢", ":", "/"), minLength: 1, maxLength: 9 });
const input = fc
  .record(
    {
      id: name,
      time: fc
        .date({ min: new Date(0), max: new Date("2026-03-02"), noInvalidDate: true })
        .map((at) => at.toISOString()),
      source: name,
      agent: fc.record({ id: fc.constant("scout"), session: name, run: name }, { requiredKeys: ["id"] }),
      kind: fc.constantFrom(...EVENT_KINDS),
      outcome: fc.constantFrom("success", "failure", "denied", "unknown"),
      risk: fc.constantFrom("low", "medium", "high", "critical"),
      resource: fc.string({ unit: "grapheme" }),
      data: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    },
    { requiredKeys: ["agent", "kind", "id", "time"] },
  )
  .map((value) => agentEventInput.safeParse(value))
  .filter((parsed) => parsed.success)
  .map(({ data }) => data);
const inputs = fc.uniqueArray(input, { minLength: 1, maxLength: 12, selector: ({ id, time }) => `${id} ${time}` });

it("stores the same rows by copy and by insert", async () => {
  const property = fc.asyncProperty(inputs, async (events) => {
    const stored: unknown[] = [];
    const batches = [batchOf(events), batchOf([eventOf("the last one")])];
    const stores = [() => copyEvents(client, batches), () => insertEvents(test.database.pool, batches)];
    for (const store of stores) {
      await test.database.pool.query("truncate events; alter sequence events_seq restart");
      expect(await store()).toBe(1);
      stored.push(await readTable());
    }
    expect(stored[0]).toEqual(stored[1]);
    expect(stored[0]).toHaveLength(events.length + 1);
  });
  await fc.assert(property, { numRuns: 20 });
});

it("copies nothing when one of the events was stored before or comes twice; insert stores the first of each", async () => {
  const { pool } = test.database;
  expect(await copyEvents(client, [batchOf([eventOf("a")])])).toBe(1);
  expect(await copyEvents(client, [batchOf([eventOf("b"), eventOf("a")])])).toBeNull();
  expect(await copyEvents(client, [batchOf([eventOf("c")]), batchOf([eventOf("c")])])).toBeNull();
  expect(await readTable()).toMatchObject([{ id: "a" }]);
  const seqs = await insertEvents(pool, [batchOf([eventOf("b"), eventOf("a")]), batchOf([eventOf("b"), eventOf("d")])]);
  const rows = await readTable();
  expect(rows).toMatchObject([{ id: "a" }, { id: "b" }, { id: "d" }]);
  expect(seqs).toEqual([expect.any(Number), null, null, expect.any(Number)]);
  expect(rows.slice(1)).toMatchObject([{ seq: String((seqs as number[])[0]) }, { seq: String((seqs as number[])[3]) }]);
});

it("takes an id again at another time", async () => {
  await copyEvents(client, [batchOf([eventOf("a")])]);
  expect(await copyEvents(client, [batchOf([eventOf("a", "2026-03-01T11:00:00.001Z")])])).toBe(2);
});
