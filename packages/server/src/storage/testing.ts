import { createHash, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { silentLogger, systemClock } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { connectDatabase } from "./connect.ts";
import type { Database } from "./connect.ts";
import { startDistributionServer } from "./testing-distribution.ts";
import { startEmbeddedPostgres } from "./embedded/start.ts";
import { migrations } from "./migrations/index.ts";

export interface TestDatabase {
  name: string;
  database: Database;
  /** leads to this database; usable as DATABASE_URL */
  databaseUrl: string;
  close: () => Promise<void>;
}

export interface TestDatabaseOptions {
  logger?: Logger;
  /** `distribution`: the PostgreSQL of the operating system's packages, for what must run on both */
  server?: "default" | "distribution";
  /** the name of one to copy, to which nobody may be connected; default: one that is empty */
  copyOf?: string;
}

/**
 * A fresh, migrated, empty database for a test. The server behind it is started once per process, without fsync, and
 * ends with the process even when that is killed. With TEST_DATABASE_URL (a superuser or a user with CREATEDB) the
 * databases are made on that server; `npm test` gives one to all files.
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await getServer(options.server ?? "default");
  const name = `firebreak_test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await runAdmin(server.url, `create database ${name} template ${options.copyOf ?? server.template}`);
  const databaseUrl = toDatabaseUrl(server.url, name);
  const database = await connectDatabase({
    connection: { connectionString: databaseUrl },
    kind: "url",
    place: `test database ${name}`,
    logger: options.logger ?? silentLogger,
    migrate: false,
  });
  return {
    name,
    database,
    databaseUrl,
    close: async () => {
      await database.close();
      await runAdmin(server.url, `drop database if exists ${name} with (force)`);
    },
  };
}

interface TestServer {
  url: string;
  template: string;
}

const servers = new Map<string, Promise<TestServer>>();

function getServer(kind: "default" | "distribution"): Promise<TestServer> {
  const known = servers.get(kind) ?? startServer(kind);
  servers.set(kind, known);
  return known;
}

async function startServer(kind: "default" | "distribution"): Promise<TestServer> {
  const url =
    kind === "distribution"
      ? await startDistribution()
      : (process.env["TEST_DATABASE_URL"] ?? (await startEmbeddedServer()));
  return { url, template: await ensureTemplate(url) };
}

async function startDistribution(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "firebreak-test-"));
  removeAtExit(home);
  return toConnectionUrl(await startDistributionServer(home));
}

async function startEmbeddedServer(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "firebreak-test-"));
  chmodSync(home, 0o700);
  removeAtExit(home);
  const { connection } = await startEmbeddedPostgres({
    home,
    clock: systemClock,
    logger: silentLogger,
    durable: false,
  });
  return toConnectionUrl(connection);
}

/** A shell that waits for the end of this process, however it ends, then for the database, and removes its home. */
function removeAtExit(home: string): void {
  const script =
    'read -r word; n=0; while [ -e "$1/postgres/data/postmaster.pid" ] && [ $n -lt 200 ]; do n=$((n+1)); sleep 0.05; done; rm -rf -- "$1"';
  const janitor = spawn("/bin/sh", ["-c", script, "firebreak-test-janitor", home], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  janitor.on("error", () => rmSync(home, { recursive: true, force: true }));
  janitor.unref();
  const { stdin } = janitor;
  if ("unref" in stdin && typeof stdin.unref === "function") stdin.unref();
}

/** @returns a URL for `pg`; a socket's directory goes into the `host` parameter */
export function toConnectionUrl(connection: {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}): string {
  const { host, port, user, password, database } = connection;
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  if (!host.startsWith("/")) return `postgres://${credentials}@${host}:${port}/${database}`;
  return `postgres://${credentials}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
}

function toDatabaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** The template is named after its content, so that processes on one server share it and a change makes a new one. */
async function ensureTemplate(serverUrl: string): Promise<string> {
  const content = createHash("sha256").update(JSON.stringify(migrations)).digest("hex").slice(0, 12);
  const template = `firebreak_template_${content}`;
  const admin = new Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query("select pg_advisory_lock(7041299)");
    const { rowCount } = await admin.query("select 1 from pg_database where datname = $1", [template]);
    if (rowCount === 0) await buildTemplate(admin, serverUrl, template);
    return template;
  } finally {
    await admin.end();
  }
}

async function buildTemplate(admin: Client, serverUrl: string, template: string): Promise<void> {
  const draft = `${template}_draft`;
  await admin.query(`drop database if exists ${draft} with (force)`);
  await admin.query(`create database ${draft} template template0`);
  const connection = { connectionString: toDatabaseUrl(serverUrl, draft) };
  const database = await connectDatabase({ connection, kind: "url", place: draft, logger: silentLogger });
  await database.close();
  await admin.query(`alter database ${draft} rename to ${template}`);
}

async function runAdmin(serverUrl: string, statement: string): Promise<void> {
  const admin = new Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}
