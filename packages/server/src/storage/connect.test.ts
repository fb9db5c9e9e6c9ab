import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createLogger, OperatorError, silentLogger, systemClock } from "../kernel/index.ts";
import { checkDatabase, connectDatabase, openDatabase } from "./connect.ts";
import type { Database } from "./connect.ts";
import { explainDatabaseError, isTransientDatabaseError } from "./database-errors.ts";
import { describeDatabaseUrl } from "./database-url.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

const home = join(tmpdir(), "firebreak-never-made");
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function create(server: "default" | "distribution"): Promise<TestDatabase> {
  const created = await createTestDatabase({ server });
  closing.push(created.close);
  return created;
}

async function openUrl(databaseUrl: string): Promise<Database> {
  const database = await openDatabase({ databaseUrl, home, clock: systemClock, logger: silentLogger, share: true });
  closing.push(database.close);
  return database;
}

async function fail(databaseUrl: string): Promise<OperatorError> {
  const thrown: unknown = await openUrl(databaseUrl).catch((error: unknown) => error);
  if (!(thrown instanceof OperatorError)) throw new Error("expected an OperatorError", { cause: thrown });
  return thrown;
}

function change(databaseUrl: string, edit: (url: URL) => void): string {
  const url = new URL(databaseUrl);
  edit(url);
  return url.href;
}

describe.each(["default", "distribution"] as const)("DATABASE_URL on the %s server", (server) => {
  test("opens, says where it is without the password, with jit off", async () => {
    const { databaseUrl } = await create(server);
    const database = await openUrl(databaseUrl);
    expect(database.kind).toBe("url");
    expect(database.describe()).toMatch(/^PostgreSQL \d+\.\d+ at .+\/firebreak_test_\w+ as firebreak$/);
    expect(database.describe()).not.toContain(new URL(databaseUrl).password);
    const { rows } = await database.pool.query(
      "select current_setting('jit') as jit, current_setting('application_name') as name, current_setting('statement_timeout') as timeout",
    );
    expect(rows).toEqual([{ jit: "off", name: "firebreak", timeout: "30s" }]);
  });

  test("a wrong password, a missing database and a user without rights say what to do", async () => {
    const { databaseUrl, database } = await create(server);
    const password = await fail(change(databaseUrl, (url) => (url.password = "wrong-secret")));
    expect(password.message).toMatch(/refused the user or its password/);
    expect(password.message + password.remedy).not.toContain("wrong-secret");
    const missing = await fail(change(databaseUrl, (url) => (url.pathname = "/nowhere")));
    expect(missing.message).toMatch(/has no such database/);
    expect(missing.remedy).toContain("createdb");
    const role = `weak_${process.pid}`;
    await database.pool.query(
      `create role ${role} login password 'weak'; drop schema public cascade; create schema public; drop schema graphile_worker cascade`,
    );
    const weak = await fail(change(databaseUrl, (url) => ((url.username = role), (url.password = "weak"))));
    await database.pool.query(`drop role ${role}`);
    expect(weak.message).toMatch(/may not do what Firebreak needs/);
  });

  test("two on one home are told apart, as with the bundled server", async () => {
    const { databaseUrl } = await create(server);
    const place = mkdtempSync(join(tmpdir(), "firebreak-home-"));
    const options = { databaseUrl, home: place, clock: systemClock, logger: silentLogger };
    const first = await openDatabase(options);
    first.setAddress("http://127.0.0.1:8080");
    await expect(openDatabase(options)).rejects.toThrow(/Another Firebreak .* answers at http:\/\/127.0.0.1:8080/);
    await first.close();
    await (await openDatabase(options)).close();
    rmSync(place, { recursive: true });
  });

  test("a restart of the server does not end the process, and the pool connects again", async () => {
    const { databaseUrl, database: admin } = await create(server);
    const warnings: string[] = [];
    const logger = createLogger(systemClock, "warn", (record) => void warnings.push(record.message));
    const database = await connectDatabase({
      connection: { connectionString: databaseUrl },
      kind: "url",
      place: "here",
      logger,
    });
    closing.push(database.close);
    await Promise.all([1, 2, 3].map(async () => database.pool.query("select 1")));
    await admin.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
    );
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(0), 30_000);
    await vi.waitFor(async () => expect(await checkDatabase(database)).toEqual({ ok: true }), 30_000);
  });
});

describe("a DATABASE_URL that cannot work", () => {
  test("no server there", async () => {
    const error = await fail("postgres://u:topsecret@127.0.0.1:1/db");
    expect(error.message).toContain("No PostgreSQL answers at 127.0.0.1:1/db as u");
    expect(error.remedy).toContain("Start that server");
  });

  test("an unknown host", async () => {
    expect((await fail("postgres://u:p@no-such-host.invalid/db")).message).toContain("cannot be resolved");
  });

  test("something else answers", async () => {
    const other = createServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const thrown: unknown = await openUrl(`postgres://u:topsecret@127.0.0.1:${port}/db`).catch(
      (error: unknown) => error,
    );
    other.close();
    expect(thrown).toBeInstanceOf(Error);
    expect(String(thrown)).not.toContain("topsecret");
  });

  test.each([
    ["mysql://u:topsecret@h/db", "does not begin with postgres://"],
    ["localhost:5432", "does not begin with postgres://"],
    ["postgres://u:topsecret@host:99999/db", "cannot be parsed"],
    ["postgres://u:top%secret@host/db", "cannot be parsed"],
    ["postgres://u:topsecret@host", "names no database"],
    ["postgres://u:top/secret@host/db", "cannot be parsed"],
    ["postgres:///db", "names no host"],
  ])("%s", (url, problem) => {
    expect(() => describeDatabaseUrl(url)).toThrow(problem);
    expect(() => describeDatabaseUrl(url)).not.toThrow("secret");
  });

  test("a server that is too old", async () => {
    const { database, databaseUrl } = await create("default");
    // A server's version cannot be set: a function found before the catalog's answers for it.
    await database.pool.query(`create schema old;
      create function old.current_setting(text) returns text language sql as
      $$ select case $1 when 'server_version_num' then '140012' else '14.12 (Debian 14.12-1)' end $$`);
    const name = new URL(databaseUrl).pathname.slice(1);
    await database.pool.query(`alter database ${name} set search_path = old, pg_catalog, public`);
    const error = await fail(databaseUrl);
    expect(error.message).toContain("is PostgreSQL 14.12 (Debian 14.12-1); Firebreak needs 15 or newer");
    expect(error.remedy).toContain("Upgrade that server");
  });
});

describe("errors of the database in words", () => {
  test("disk full names the disk and says that what was accepted is safe", () => {
    const explained = explainDatabaseError(
      Object.assign(new Error("could not extend file"), { code: "53100" }),
      "here",
    );
    expect(explained).toBeInstanceOf(OperatorError);
    expect(String(explained)).toContain("The disk of the database here is full");
  });

  test("what passes by itself is told from what does not", () => {
    const codes = ["53100", "57P01", "08006", "ECONNREFUSED", "40P01", "23505", "42P01", "28P01"];
    const passing = codes.filter((code) => isTransientDatabaseError(Object.assign(new Error("x"), { code })));
    expect(passing).toEqual(["53100", "57P01", "08006", "ECONNREFUSED", "40P01"]);
  });
});

test("a connection that broke before it was used again is told as what passes by itself", async () => {
  const { database } = await create("default");
  const client = await database.pool.connect();
  const ended = new Promise((resolve) => client.once("end", resolve));
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  await database.pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  await ended;
  const thrown: unknown = await client.query("select 1").catch((error: unknown) => error);
  client.release(true);
  expect(String(thrown)).toContain("not queryable");
  expect(isTransientDatabaseError(thrown)).toBe(true);
});

test("without DATABASE_URL the bundled server opens in the home, is migrated, and ends with close", async () => {
  const place = mkdtempSync(join(tmpdir(), "firebreak-open-"));
  const database = await openDatabase({ home: place, clock: systemClock, logger: silentLogger });
  expect(database.kind).toBe("embedded");
  expect(database.describe()).toMatch(/^bundled PostgreSQL 18\.\d+ in /);
  expect(await database.kysely.selectFrom("incidents").selectAll().execute()).toEqual([]);
  await database.close();
  rmSync(place, { recursive: true });
});
