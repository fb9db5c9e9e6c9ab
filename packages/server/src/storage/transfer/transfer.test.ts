import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, OperatorError, silentLogger, systemClock } from "../../kernel/index.ts";
import { connectDatabase, openDatabase } from "../connect.ts";
import type { Database } from "../connect.ts";
import { ensureEventPartitions } from "../partitions.ts";
import { createTestDatabase } from "../testing.ts";
import type { TestDatabase } from "../testing.ts";
import { createDurableWork } from "../work.ts";
import { exportDatabase } from "./export-database.ts";
import { importDatabase } from "./import-database.ts";
import { readDatabaseStatus } from "./status.ts";
import { SEEDED } from "./tables.ts";

const place = mkdtempSync(join(tmpdir(), "firebreak-transfer-"));
const clock = createManualClock(Date.UTC(2026, 2, 1));
afterAll(() => rmSync(place, { recursive: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function create(server: "default" | "distribution"): Promise<TestDatabase> {
  const created = await createTestDatabase({ server });
  closing.push(created.close);
  return created;
}

/** A database without any schema of ours, as createdb makes it. */
async function createBare(server: "default" | "distribution"): Promise<Database> {
  const { database, databaseUrl } = await create(server);
  await database.pool.query("drop schema public cascade; create schema public; drop schema graphile_worker cascade");
  const connection = { connectionString: databaseUrl };
  const bare = await connectDatabase({ connection, kind: "url", place: "bare", logger: silentLogger, migrate: false });
  closing.push(bare.close);
  return bare;
}

const at = "2026-03-01T10:00:00.123456Z";
async function fill({ kysely, pool }: Database): Promise<void> {
  await ensureEventPartitions(kysely, clock.now());
  await pool.query(
    `insert into events (id, time, received_at, source, agent_id, kind, outcome, body)
     select 'e' || i, $1::timestamptz + i * interval '1 s', $1, 's', 'a', 'log', 'success', '{"text":"ü\\n' || i || '"}' from generate_series(1, 1234) i`,
    [at],
  );
  await pool.query(
    `insert into incidents (id, title, type, severity, severity_label, state, profile, began_at, detected_at, opened_at, updated_at, trip_to_stop_ms)
     values ('i', $2, 'rogue_agent', 1, 'SEV-1', 'detected', 'p', $1, $1, $1, $1, 0.1 + 0.2)`,
    [at, 'quotes " \\ and \u{1F525}'],
  );
  await pool.query(
    "insert into timeline (incident_id, key, at, kind, source, actor, text, data) values ('i', 'k', $1, 'n', 's', '{}', 't', '{\"big\": 12345678901234567890}')",
    [at],
  );
  await pool.query(
    "insert into audit_log (at, actor, action, leaf, leaf_hash) values ($1, '{}', 'a', '{}', '\\x00ff10')",
    [at],
  );
}

const everything = async ({ pool }: Database) => ({
  events: (await pool.query("select count(*)::int, min(body), max(seq)::int from events")).rows,
  parts: (await pool.query("select distinct tableoid::regclass::text as part from events")).rows,
  incident: (await pool.query("select row_to_json(i)::text from incidents i")).rows,
  timeline: (await pool.query("select row_to_json(t)::text from timeline t")).rows,
  audit: (await pool.query("select row_to_json(t)::text from audit_log t")).rows,
});

describe.each([
  ["default", "distribution"],
  ["distribution", "default"],
] as const)("moving from the %s server to the %s server", (from, to) => {
  test("everything arrives: rows to the last digit, partitions, waiting jobs, sequences", async () => {
    const source = (await create(from)).database;
    await fill(source);
    const work = createDurableWork({ database: source, clock, logger: silentLogger, nodeId: "n", home: "/h" });
    await work.enqueue(source.kysely, "note", "waiting", { key: "k" });
    const file = join(place, `${from}.export`);
    const count = await exportDatabase(source, file, clock);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const target = await createBare(to);
    expect(await importDatabase(target, file)).toBe(count);
    expect(await everything(target)).toEqual(await everything(source));
    await target.pool.query(
      "insert into audit_log (at, actor, action, leaf, leaf_hash) values (now(), '{}', 'next', '{}', '')",
    );
    const ran: unknown[] = [];
    const there = createDurableWork({ database: target, clock, logger: silentLogger, nodeId: "n", home: "/h" });
    there.define("note", async (payload) => void ran.push(payload));
    await there.drain();
    expect(ran).toEqual(["waiting"]);
    expect(await readDatabaseStatus(target)).toMatchObject({ eventPartitions: 5, jobs: { pending: 0, failed: 0 } });
  });
});

describe("an import that cannot be right changes nothing", () => {
  let file: string;
  let lines: string[];
  beforeEach(async () => {
    const { database } = await create("default");
    await fill(database);
    file = join(place, "good.export");
    await exportDatabase(database, file, clock);
    lines = gunzipSync(readFileSync(file)).toString("utf8").trimEnd().split("\n");
  });

  async function refuse(content: Buffer | readonly string[]): Promise<string> {
    const bad = join(place, "bad.export");
    writeFileSync(bad, Buffer.isBuffer(content) ? content : gzipSync(`${content.join("\n")}\n`));
    const target = await createBare("default");
    const thrown: unknown = await importDatabase(target, bad).catch((error: unknown) => error);
    if (!(thrown instanceof OperatorError)) throw new Error("expected an OperatorError", { cause: thrown });
    await expectNothing(target);
    return thrown.message;
  }

  async function expectNothing({ pool }: Database): Promise<void> {
    const tables = await pool.query("select from pg_tables where schemaname = 'public' and tablename = 'incidents'");
    const rows = tables.rowCount === 0 ? 0 : (await pool.query("select from incidents")).rowCount;
    expect(rows).toBe(0);
  }

  test("cut off, damaged, edited, foreign or of a newer Firebreak", async () => {
    const whole = readFileSync(file);
    expect(await refuse(whole.subarray(0, whole.length / 2))).toContain("is not a complete Firebreak export");
    expect(await refuse(Buffer.from("hello"))).toContain("is not a complete Firebreak export");
    expect(await refuse(lines.slice(0, -1))).toContain("its end is missing");
    expect(await refuse(lines.filter((line) => !line.includes('"e7"')))).toMatch(/says \d+ rows but holds \d+/);
    expect(await refuse([...lines, "E 1"])).toContain("goes on after its end");
    expect(await refuse(lines.map((line) => line.replace(/^T incidents$/, "T pg_authid")))).toContain(
      "a line that is not of an export",
    );
    expect(await refuse(lines.map((line) => line.replace(/^(R .*"severity":)1/, "$19")))).toContain(
      "rows of incidents do not fit",
    );
    expect(await refuse(lines.map((line) => line.replace(/"schema":\d+/, '"schema":99')))).toContain("newer Firebreak");
  });

  test("a database with rows in it", async () => {
    const { database } = await create("default");
    await database.pool.query("insert into incident_counters values ('x', 1)");
    await expect(importDatabase(database, file)).rejects.toThrow("there are rows in incident_counters");
  });
});

test("an export works beside a running Firebreak on the bundled database", async () => {
  const home = join(place, "home");
  const running = await openDatabase({ home, clock: systemClock, logger: silentLogger });
  closing.push(running.close);
  await running.pool.query("insert into incident_counters values ('x', 1)");
  const beside = await openDatabase({ home, clock: systemClock, logger: silentLogger, share: true });
  // the counter, and the rows that every database has
  expect(await exportDatabase(beside, join(place, "beside.export"), clock)).toBe(1 + SEEDED.length);
  await beside.close();
  expect((await running.pool.query("select 1")).rowCount).toBe(1);
});

test("an export of a database without Firebreak's data says so and writes no file", async () => {
  const bare = await createBare("default");
  const file = join(place, "bare.export");
  await expect(exportDatabase(bare, file, clock)).rejects.toThrow("There is nothing to export");
  expect(existsSync(file)).toBe(false);
});

test("an export to a place that cannot be written says so", async () => {
  const { database } = await create("default");
  await expect(exportDatabase(database, join(place, "no", "such", "dir"), clock)).rejects.toThrow("cannot be written");
});
