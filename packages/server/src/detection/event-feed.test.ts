import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import type { EventPage, StoredEvents } from "../telemetry/index.ts";
import { createEventFeed } from "./event-feed.ts";

const redactor = createRedactor(DEFAULT_REDACTION);
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.database.pool.query("truncate events; alter sequence events_seq restart");
});

async function store(count: number): Promise<StoredEvents> {
  let stored: StoredEvents | undefined;
  const onStored = (events: StoredEvents) => void (stored = events);
  const newId = createNewId(() => systemClock.now());
  const intake = createIntake({
    database: database.database,
    clock: systemClock,
    newId,
    logger: silentLogger,
    redactor,
    onStored,
  });
  const body = Buffer.from('{"agent":{"id":"a"},"kind":"log"}\n'.repeat(count));
  await intake.accept(await parseEventBatch(body, "application/x-ndjson", systemClock.now()), { name: "t" });
  await intake.close();
  if (stored === undefined) throw new Error("nothing was stored");
  return stored;
}

const seqsOf = (page: EventPage | undefined) => page?.seqs ?? [];

test("batches that follow each other come from memory, also in parts", async () => {
  const feed = createEventFeed(database.database);
  expect(await feed.next(0)).toBeUndefined();
  feed.push(await store(3));
  feed.push(await store(2));
  await database.database.pool.query("truncate events");
  expect(seqsOf(await feed.next(0))).toEqual([1, 2, 3]);
  expect(seqsOf(await feed.next(2))).toEqual([3]);
  expect(seqsOf(await feed.next(3))).toEqual([4, 5]);
  expect(await feed.next(5)).toBeUndefined();
});

test("a gap is filled from the table before the batch behind it", async () => {
  const feed = createEventFeed(database.database);
  await feed.next(0);
  await store(2);
  feed.push(await store(2));
  expect(seqsOf(await feed.next(0))).toEqual([1, 2, 3, 4]);
  expect(await feed.next(4)).toBeUndefined();
});

test("a gap that was never stored does not hold up the batch behind it", async () => {
  const feed = createEventFeed(database.database);
  await feed.next(0);
  await database.database.pool.query("select nextval('events_seq')");
  feed.push(await store(2));
  await database.database.pool.query("truncate events");
  expect(seqsOf(await feed.next(0))).toEqual([2, 3]);
  expect(seqsOf(await feed.next(2))).toEqual([3]);
  expect(await feed.next(3)).toBeUndefined();
});

test("what others stored is found after a push without events", async () => {
  const feed = createEventFeed(database.database);
  expect(await feed.next(0)).toBeUndefined();
  await store(1200);
  expect(await feed.next(0)).toBeUndefined();
  feed.push();
  const seen: number[] = [];
  for (let position = 0; ; position = seen.at(-1) ?? 0) {
    const page = await feed.next(position);
    if (page === undefined) break;
    seen.push(...seqsOf(page));
  }
  expect(seen).toEqual(Array.from({ length: 1200 }, (_, index) => index + 1));
});
