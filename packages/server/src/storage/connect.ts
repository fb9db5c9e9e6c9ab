import { Kysely, PostgresDialect } from "kysely";
import { Client, Pool } from "pg";
import type { ClientConfig } from "pg";
import { join } from "node:path";
import { messageOf, OperatorError } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import { explainDatabaseError } from "./database-errors.ts";
import { describeDatabaseUrl } from "./database-url.ts";
import { findRunningEmbedded } from "./embedded/attach.ts";
import { acquireHomeLock } from "./embedded/home-lock.ts";
import { startEmbeddedPostgres } from "./embedded/start.ts";
import type { EmbeddedPostgres } from "./embedded/start.ts";
import { migrateDatabase } from "./migrate.ts";
import type { Schema } from "./schema.ts";

export interface Database {
  kysely: Kysely<Schema>;
  pool: Pool;
  /** `embedded`: started by us in the home; `url`: a server of the operator's, by DATABASE_URL */
  kind: "embedded" | "url";
  /** where the data is, for people: never with a password */
  describe: () => string;
  /** such as 18.4 */
  serverVersion: string;
  /** a connection outside the pool, for LISTEN and COPY; the caller ends it */
  openClient: () => Promise<Client>;
  /** tells a second `firebreak up` on the same home where this one answers */
  setAddress: (address: string) => void;
  /** ends all connections and, if we started it, the server */
  close: () => Promise<void>;
}

export interface OpenOptions {
  databaseUrl?: string | undefined;
  /** FIREBREAK_HOME */
  home: string;
  clock: Clock;
  logger: Logger;
  signal?: AbortSignal;
  /** false: connect only; for tools that look at a database without changing it. Default true */
  migrate?: boolean;
  /** true, for tools: work beside a Firebreak that runs on this home, on its bundled server if it has one */
  share?: boolean;
}

export interface ConnectOptions {
  connection: ClientConfig;
  kind: Database["kind"];
  place: string;
  logger: Logger;
  maxConnections?: number;
  migrate?: boolean;
}

const oldestServer = 150_000;
const connectTimeoutMs = 10_000;
const statementTimeoutMs = 30_000;
const idleInTransactionTimeoutMs = 60_000;

/**
 * Opens the database and brings its schema up to date: DATABASE_URL if given, else the bundled server in `home`.
 *
 * @throws OperatorError with the way out: bad URL, no answer, refused, no such database, server older than 15, schema
 *   of a newer Firebreak, home in use, and everything {@link startEmbeddedPostgres} throws
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { databaseUrl } = options;
  return databaseUrl === undefined || databaseUrl.trim() === ""
    ? openEmbedded(options)
    : openByUrl(options, databaseUrl.trim());
}

/** The home's lock is held here too: the kill switch's journal and the node's identity live in the home. */
async function openByUrl(options: OpenOptions, databaseUrl: string): Promise<Database> {
  const { logger, migrate = true, share = false } = options;
  const place = describeDatabaseUrl(databaseUrl);
  const lock = share ? undefined : acquireHomeLock(options);
  try {
    const connection = { connectionString: databaseUrl };
    const database = await connectDatabase({ connection, kind: "url", place, logger, migrate });
    return {
      ...database,
      setAddress: (address) => lock?.setAddress(address),
      close: async () => {
        await database.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function openEmbedded(options: OpenOptions): Promise<Database> {
  const { home, logger, migrate = true, share = false } = options;
  const place = join(home, "postgres");
  const running = share ? findRunningEmbedded(home) : undefined;
  if (running !== undefined) {
    return connectDatabase({ connection: running, kind: "embedded", place, logger, migrate: false });
  }
  const embedded = await startEmbeddedPostgres(options);
  try {
    const database = await connectDatabase({
      connection: embedded.connection,
      kind: "embedded",
      place,
      logger,
      migrate,
    });
    return ownServer(database, embedded);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

function ownServer(database: Database, embedded: EmbeddedPostgres): Database {
  return {
    ...database,
    setAddress: embedded.setAddress,
    close: async () => {
      await database.close();
      await embedded.stop();
    },
  };
}

/** Connects to a server that runs. For the other parameters see {@link openDatabase}. */
export async function connectDatabase(options: ConnectOptions): Promise<Database> {
  const { kind, place, logger, maxConnections = 10, migrate = true } = options;
  const settings = toClientConfig(options.connection);
  const pool = new Pool({ ...settings, max: maxConnections, allowExitOnIdle: true });
  // Without these a restart of the server ends our process.
  const report = (error: Error) => {
    if (!pool.ending) logger.warn("a database connection was lost", { place, problem: error.message });
  };
  pool.on("error", report);
  pool.on("connect", (client) => client.on("error", report));
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    const serverVersion = await readServerVersion(pool, place);
    if (migrate) await migrateDatabase(pool);
    return {
      kysely,
      pool,
      kind,
      serverVersion,
      describe: () =>
        `${kind === "embedded" ? "bundled " : ""}PostgreSQL ${serverVersion} ${kind === "embedded" ? "in" : "at"} ${place}`,
      openClient: () => openClient(settings, report, place),
      setAddress: () => {},
      close: () => closePool(kysely, pool),
    };
  } catch (error) {
    await closePool(kysely, pool);
    throw explainDatabaseError(error, place);
  }
}

/** Kysely ends the pool only if it was used through Kysely. */
async function closePool(kysely: Kysely<Schema>, pool: Pool): Promise<void> {
  await kysely.destroy();
  if (!pool.ending) await pool.end();
}

function toClientConfig(connection: ClientConfig): ClientConfig {
  return {
    ...connection,
    application_name: "firebreak",
    // jit made short statements ten times slower where it was measured
    options: "-c jit=off",
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  };
}

async function openClient(settings: ClientConfig, report: (error: Error) => void, place: string): Promise<Client> {
  const client = new Client({ ...settings, statement_timeout: 0 });
  client.on("error", report);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw explainDatabaseError(error, place);
  }
}

async function readServerVersion(pool: Pool, place: string): Promise<string> {
  const { rows } = await pool.query<{ number: number; name: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as name",
  );
  const [version] = rows;
  if (version === undefined)
    throw new OperatorError(`${place} does not tell its version.`, "Check that DATABASE_URL leads to PostgreSQL.");
  if (version.number < oldestServer) {
    throw new OperatorError(
      `The server at ${place} is PostgreSQL ${version.name}; Firebreak needs 15 or newer.`,
      "Upgrade that server, or unset DATABASE_URL to use the bundled PostgreSQL.",
    );
  }
  return version.name.split(" ")[0] ?? version.name;
}

/** @returns whether the database answers, with the reason if not; for the health endpoint */
export async function checkDatabase(database: Database): Promise<{ ok: true } | { ok: false; problem: string }> {
  try {
    await database.pool.query("select 1");
    return { ok: true };
  } catch (error) {
    return { ok: false, problem: messageOf(explainDatabaseError(error, database.describe())) };
  }
}
