import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLogger, systemClock } from "../../../kernel/index.ts";
import { startEmbeddedPostgres } from "../../../storage/embedded/start.ts";
import { createTestDatabase } from "../../../storage/testing.ts";
import type { TestDatabase } from "../../../storage/testing.ts";
import { effectorContextFor } from "../testing.ts";
import { checkPostgres } from "./check-postgres.ts";
import { asWritten } from "./server-address.ts";
import { postgresParametersOf } from "./testing.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-check-postgres-"));
  chmodSync(home, 0o700);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ask = (given: Record<string, unknown>, signal = new AbortController().signal) =>
  checkPostgres(asWritten).apply(effectorContextFor(home, { signal }), given);

describe("check.postgres", () => {
  let shared: TestDatabase;
  beforeAll(async () => {
    shared = await createTestDatabase();
  });
  afterAll(() => shared.close());

  test("D-1: a real PostgreSQL answers a query with what it is", async () => {
    const outcome = await ask(postgresParametersOf(shared.databaseUrl));
    expect(outcome).toMatchObject({ ok: true, output: { up: true, readOnly: false, damaged: [], reason: null } });
    expect(outcome.output?.["version"]).toMatch(/^\d+\.\d+/);
    expect(outcome.output?.["sizeBytes"]).toBeGreaterThan(1_000_000);
  });

  test("D-1: a database that is not there is an answer", async () => {
    const outcome = await ask({ ...postgresParametersOf(shared.databaseUrl), database: "orders_that_were" });
    expect(outcome).toMatchObject({ ok: true, output: { up: false } });
    expect(outcome.output?.["reason"]).toContain("orders_that_were");
  });

  test("D-1: nothing that listens is an answer, and no fault", async () => {
    expect(await ask({ port: 1 })).toMatchObject({ ok: true, output: { up: false, version: null } });
    expect(await ask({ socket: home })).toMatchObject({ ok: true, output: { up: false } });
  });

  test("D-1: with a wrong password, or none, nothing can be found out", async () => {
    const { password, ...open } = postgresParametersOf(shared.databaseUrl);
    for (const login of [{ password: "wrong-and-long" }, {}]) {
      const outcome = await ask({ ...open, ...login });
      expect(outcome).toMatchObject({ ok: false, reason: "unavailable" });
      expect(JSON.stringify(outcome)).not.toContain("wrong-and-long");
    }
    expect(JSON.stringify(await ask({ ...open, password }))).not.toContain(String(password));
  });

  test("D-1: a host that has no address cannot be asked", async () => {
    expect(await ask({ host: "postgres.invalid" })).toMatchObject({ ok: false, reason: "unreachable" });
  });

  test("D-1: a sound database has no damage, and what was not looked at is said", async () => {
    const outcome = await ask({ ...postgresParametersOf(shared.databaseUrl), deep: true });
    expect(outcome).toMatchObject({ ok: true, output: { up: true, damaged: [] } });
    expect(outcome.output?.["reason"]).toContain("amcheck is not in this database");
  });

  test.each(["-h", "a b", "host=/etc", ""])("D-1: %j is no host", async (host) => {
    await expect(ask({ host })).rejects.toThrow("host");
  });
});

describe("check.postgres on damaged data", () => {
  const start = () => startEmbeddedPostgres({ home, clock: systemClock, logger: silentLogger, durable: false });

  test.each(["with amcheck", "without amcheck"])(
    "D-1: a table whose file was written over is named, %s",
    async (how) => {
      const first = await start();
      const client = new Client({ ...first.connection });
      await client.connect();
      await client.query("create table orders as select n, repeat('x', 200) as text from generate_series(1, 500) n");
      await client.query("create table customers as select n from generate_series(1, 500) n");
      if (how === "with amcheck") await client.query("create extension amcheck");
      const { rows } = await client.query<{ path: string }>("select pg_relation_filepath('orders') as path");
      await client.query("checkpoint");
      await client.end();
      await first.stop();
      const file = openSync(join(home, "postgres/data", rows[0]?.path ?? ""), "r+");
      writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, 8192);
      closeSync(file);
      const second = await start();
      try {
        const { host, ...rest } = second.connection;
        const outcome = await ask({ ...rest, ...(host.startsWith("/") ? { socket: host } : { host }), deep: true });
        expect(outcome).toMatchObject({ ok: true, output: { up: true, damaged: ["public.orders"] } });
        expect(outcome.output?.["reason"] === null).toBe(how === "with amcheck");
      } finally {
        await second.stop();
      }
    },
  );
});
