import * as fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyRows, isConnectionFault, RowBuffer, RowReader } from "./copy-rows.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

let test: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  test = await createTestDatabase();
  client = await test.database.pool.connect();
  await test.database.pool.query(
    "create table copied (place int generated always as identity, word text, time timestamptz, more text)",
  );
});
afterAll(async () => {
  client.release();
  await test.close();
});

const COPY = "copy copied (word, time, more) from stdin with (format binary); select count(*) from copied";
const words = fc.option(
  fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\0", "0")),
  { nil: undefined },
);
/** Before and after PostgreSQL's own beginning. */
const times = fc.integer({ min: Date.UTC(1715, 0, 1), max: Date.UTC(2285, 0, 1) });
const rows = fc.array(fc.tuple(words, times, words), { minLength: 1, maxLength: 30 });
type Row = readonly [string | undefined, number, string | undefined];

function write(given: readonly Row[], expectedBytes: number): Buffer {
  const buffer = new RowBuffer(expectedBytes);
  for (const [word, time, more] of given) {
    buffer.beginRow(3);
    buffer.addText(word);
    buffer.addTime(time);
    buffer.addText(more);
  }
  return buffer.bytes;
}

it("stores what was written, however small the buffer was, and reads it back", async () => {
  const property = fc.asyncProperty(rows, fc.integer({ min: 0, max: 200 }), async (given, expectedBytes) => {
    await test.database.pool.query("truncate copied");
    const bytes = write(given, expectedBytes);
    const half = write(given, 4096);
    expect(await copyRows(client, COPY, [bytes, half])).toEqual([[String(given.length * 2)]]);
    const stored = await test.database.pool.query<{ word: string | null; ms: string; more: string | null }>(
      "select word, extract(epoch from time) * 1000 as ms, more from copied order by place",
    );
    const expected = given.map(([word = null, ms, more = null]) => ({ word, ms, more }));
    expect(stored.rows.map((row) => ({ ...row, ms: Number(row.ms) }))).toEqual([...expected, ...expected]);
    expect(readAll(bytes)).toEqual(given);
  });
  await fc.assert(property, { numRuns: 25 });
});

function readAll(bytes: Buffer): Row[] {
  const reader = new RowReader(bytes);
  const read: Row[] = [];
  while (!reader.isAtEnd) {
    reader.beginRow();
    read.push([reader.readText(), reader.readTime(), reader.readText()]);
  }
  return read;
}

it("refuses a time of which the microseconds are no exact number", () => {
  const buffer = new RowBuffer(0);
  expect(() => buffer.addTime(Date.UTC(2400, 0, 1))).toThrow(RangeError);
  expect(() => buffer.addTime(Number.NaN)).toThrow(RangeError);
});

it("skips fields, empty ones and nulls too", () => {
  const reader = new RowReader(
    write(
      [
        ["", 5, undefined],
        [undefined, 7, "last"],
      ],
      0,
    ),
  );
  reader.beginRow();
  reader.skip(3);
  reader.beginRow();
  reader.skip(2);
  expect(reader.readText()).toBe("last");
  expect(reader.isAtEnd).toBe(true);
});

it("stores nothing when the database refuses a row, and the connection is good for the next", async () => {
  await test.database.pool.query("truncate copied");
  const refused = copyRows(client, COPY, [write([["a", 1, "b"]], 0), Buffer.from([0, 9])]);
  const refusal: unknown = await refused.catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "22P04" });
  expect(isConnectionFault(refusal)).toBe(false);
  expect(await copyRows(client, COPY, [write([["c", 1, "d"]], 0)])).toEqual([["1"]]);
  await expect(copyRows(client, "copy missing from stdin with (format binary)", [])).rejects.toMatchObject({
    code: "42P01",
  });
});

it("tells of a connection that breaks", async () => {
  const broken = await test.database.pool.connect();
  const slow = copyRows(broken, `select pg_sleep(60); ${COPY}`, [write([["a", 1, "b"]], 0)]);
  const ended = slow.catch((error: unknown) => error);
  const sleeping =
    "from pg_stat_activity where datname = current_database() and query like 'select pg_sleep%' and wait_event = 'PgSleep'";
  await expect
    .poll(async () => (await test.database.pool.query(`select pid ${sleeping}`)).rowCount, { timeout: 20_000 })
    .toBe(1);
  await test.database.pool.query(`select pg_terminate_backend(pid) ${sleeping}`);
  expect(isConnectionFault(await ended)).toBe(true);
  broken.release(true);
  expect((await test.database.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});
