import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { silentLogger } from "../kernel/index.ts";
import { describeSchema } from "./catalog.ts";
import { connectDatabase } from "./connect.ts";
import { migrateDatabase, readSchemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { dropEmptyEventPartitions, ensureEventPartitions, rehomeEvents } from "./partitions.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase, TestDatabaseOptions } from "./testing.ts";

const goldenPath = join(import.meta.dirname, "golden-schema.txt");
const open = new Set<TestDatabase>();
afterEach(async () => {
  await Promise.all([...open].map(async ({ close }) => close()));
  open.clear();
});

async function create(server: NonNullable<TestDatabaseOptions["server"]>): Promise<TestDatabase> {
  const created = await createTestDatabase({ server });
  open.add(created);
  return created;
}

async function empty({ database }: TestDatabase): Promise<void> {
  await database.pool.query("drop schema public cascade; create schema public; drop schema graphile_worker cascade");
}

const day = (iso: string) => Date.parse(`${iso}T12:00:00Z`);

describe.each(["default", "distribution"] as const)("schema on the %s server", (server) => {
  test("is the golden schema", async () => {
    const { database } = await create(server);
    const found = await describeSchema(database.pool);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(goldenPath, found);
    // The schema changed; if you meant it: UPDATE_GOLDEN=1 npx vitest run packages/server/src/storage/migrate.test.ts
    expect(found).toBe(readFileSync(goldenPath, "utf8"));
  });

  test("many nodes may migrate an empty database at once", async () => {
    const created = await create(server);
    await empty(created);
    const connection = { connectionString: created.databaseUrl };
    const nodes = await Promise.all(
      Array.from({ length: 5 }, async () =>
        connectDatabase({ connection, kind: "url", place: "test", logger: silentLogger }),
      ),
    );
    expect(await readSchemaVersion(created.database.pool)).toBe(migrations.length);
    await Promise.all(nodes.map(async ({ close }) => close()));
  });

  test("a failing migration leaves nothing of itself and the ones before it", async () => {
    const { database } = await create(server);
    const next = migrations.length + 1;
    const broken = [...migrations, { version: next, name: "broken", sql: "create table half (); select 1/0" }];
    await expect(migrateDatabase(database.pool, broken)).rejects.toThrow("division by zero");
    expect(await readSchemaVersion(database.pool)).toBe(migrations.length);
    await migrateDatabase(database.pool, [
      ...migrations,
      { version: next, name: "mended", sql: "create table half ()" },
    ]);
    expect(await readSchemaVersion(database.pool)).toBe(next);
  });

  test("the schema of a newer Firebreak is refused and left alone", async () => {
    const { database, databaseUrl } = await create(server);
    await database.pool.query("insert into schema_migrations (version, name) values (999, 'future')");
    await expect(
      connectDatabase({
        connection: { connectionString: databaseUrl },
        kind: "url",
        place: "test",
        logger: silentLogger,
      }),
    ).rejects.toThrow("The database has schema 999, written by a newer Firebreak");
  });

  test("daily partitions are laid ahead, take in events of their day, and are dropped by age", async () => {
    const { database } = await create(server);
    const { kysely, pool } = database;
    const insert = (id: string, time: string) =>
      pool.query(
        "insert into events (id, time, received_at, source, agent_id, kind, outcome, body) values ($1, $2, $2, 's', 'a', 'log', 'success', '{}')",
        [id, time],
      );
    await insert("early", "2026-03-02T10:00:00Z");
    await insert("old", "2020-01-01T00:00:00Z");
    const nodes = await Promise.all([
      ensureEventPartitions(kysely, day("2026-03-01")),
      ensureEventPartitions(kysely, day("2026-03-01")),
    ]);
    expect(nodes.flat().toSorted()).toEqual(
      [28, 1, 2, 3, 4].map((d) => `events_p2026${d === 28 ? "02" : "03"}${String(d).padStart(2, "0")}`).toSorted(),
    );
    await insert("day", "2026-03-01T00:00:00Z");
    const { rows } = await pool.query("select id, tableoid::regclass::text as part from events order by id");
    expect(rows).toEqual([
      { id: "day", part: "events_p20260301" },
      { id: "early", part: "events_p20260302" },
      { id: "old", part: "events_default" },
    ]);
    expect(await ensureEventPartitions(kysely, day("2026-03-01"))).toEqual([]);
    const before = Date.parse("2026-03-03T00:00:00Z");
    expect(await dropEmptyEventPartitions(kysely, before)).toEqual(["events_p20260228"]);
    await pool.query("delete from events where id = 'day'");
    expect(await dropEmptyEventPartitions(kysely, before)).toEqual(["events_p20260301"]);
    expect((await pool.query("select id from events order by id")).rows).toEqual([{ id: "early" }, { id: "old" }]);
  });

  test("a day of which many events came late gets a partition of its own, also after a pass that broke off", async () => {
    const { database } = await create(server);
    const { kysely, pool } = database;
    const fill = `insert into events (id, time, received_at, source, agent_id, kind, outcome, body)
      select i::text, '2025-07-01T00:00:00Z'::timestamptz + i * interval '1 minute', now(), 's', 'a', 'log', 'success', '{}'
      from generate_series(0, 1499) as i`;
    await pool.query(fill);
    await pool.query("create table events_p20250701 (like events)");
    expect(await rehomeEvents(kysely, 1_000)).toEqual(["events_p20250701"]);
    const { rows } = await pool.query(
      "select tableoid::regclass::text as part, count(*)::int as n from events group by 1 order by 1",
    );
    expect(rows).toEqual([
      { part: "events_default", n: 60 },
      { part: "events_p20250701", n: 1_440 },
    ]);
    expect(await rehomeEvents(kysely, 1_000)).toEqual([]);
  });
});

test("migrations are numbered 1, 2, 3 … without a gap", () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
});
