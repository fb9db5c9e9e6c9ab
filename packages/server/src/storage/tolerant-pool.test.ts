import { Pool } from "pg";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "./testing.ts";
import { tolerateSecondRelease } from "./tolerant-pool.ts";

let created: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  created = await createTestDatabase();
});
afterAll(() => created.close());

type Release = (fault?: Error | boolean) => void;

function take(pool: pg.Pool): Promise<{ client: pg.PoolClient; release: Release }> {
  return new Promise((resolve, reject) => {
    pool.connect((fault, client, release) => (client === undefined ? reject(fault) : resolve({ client, release })));
  });
}

test("a connection given back twice is given back once; the bare pool throws there", async () => {
  const { pool } = created.database;
  const bare = await take(pool);
  bare.release();
  expect(() => bare.release()).toThrow("already been released");
  const { client, release } = await take(tolerateSecondRelease(pool));
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  release();
  expect(() => release()).not.toThrow();
  expect(pool.idleCount).toBe(pool.totalCount);
});

test("who waited in vain for a connection may give back what there is not", async () => {
  const { pool } = created.database;
  const narrow = new Pool({ ...pool.options, max: 1, connectionTimeoutMillis: 2_000 });
  const only = await narrow.connect();
  narrow.options.connectionTimeoutMillis = 1;
  const [fault, release] = await new Promise<[Error | undefined, Release]>((resolve) => {
    tolerateSecondRelease(narrow).connect((error, _client, giveBack) => resolve([error, giveBack]));
  });
  expect(fault?.message).toContain("timeout exceeded");
  expect(() => release()).not.toThrow();
  only.release();
  await narrow.end();
});

test("everything else of the pool is as it was", async () => {
  const pool = tolerateSecondRelease(created.database.pool);
  const client = await pool.connect();
  expect((await client.query("select 2 as two")).rows).toEqual([{ two: 2 }]);
  client.release();
  expect((await pool.query("select 3 as three")).rows).toEqual([{ three: 3 }]);
  expect(pool.totalCount).toBe(created.database.pool.totalCount);
});
