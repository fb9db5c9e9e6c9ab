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

test("everything else of the pool is as it was", async () => {
  const pool = tolerateSecondRelease(created.database.pool);
  const client = await pool.connect();
  expect((await client.query("select 2 as two")).rows).toEqual([{ two: 2 }]);
  client.release();
  expect((await pool.query("select 3 as three")).rows).toEqual([{ three: 3 }]);
  expect(pool.totalCount).toBe(created.database.pool.totalCount);
});
