import { Client } from "pg";
import { z } from "zod";
import type { Addressed } from "./server-address.ts";
import { hostName, passwordText, portNumber } from "./redis-place.ts";

const identifier = z
  .string()
  .min(1)
  .max(63)
  // no character that connection strings, programs or messages could read as more than a name
  .regex(/^[\p{L}_][\p{L}\p{N}_$.-]*$/u, "use a plain name");

export const postgresPlace = z.strictObject({
  host: hostName.default("127.0.0.1"),
  port: portNumber.default(5432),
  /** the directory of its Unix socket, in place of host */
  socket: z
    .string()
    .max(100)
    .regex(/^\/[^\0\n]*$/, "use the directory of the socket")
    .optional(),
  user: identifier.default("postgres"),
  password: passwordText.optional(),
  database: identifier.default("postgres"),
});
export type PostgresParameters = z.output<typeof postgresPlace>;
export type PostgresServer = Addressed<PostgresParameters>;

export const POSTGRES_ASK_MS = 10_000;

export function postgresName({ host, port, socket, database }: PostgresParameters): string {
  return `PostgreSQL at ${socket ?? host}:${port}, database ${database}`;
}

/** Connects as Firebreak, with the time for each query, and closes whatever happens. */
export async function withPostgres<T>(
  place: PostgresServer,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
  timeoutMs = POSTGRES_ASK_MS,
): Promise<T> {
  const { host, port, socket, user, password, database, addressOf } = place;
  const client = new Client({
    host: socket ?? (await addressOf(host, port, signal)),
    port,
    user,
    database,
    // an empty one keeps pg from looking for another in PGPASSWORD and ~/.pgpass
    password: password ?? "",
    connectionTimeoutMillis: POSTGRES_ASK_MS,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 1_000,
    application_name: "firebreak",
  });
  client.on("error", () => {}); // the query that is under way fails with it
  const abort = () => void client.end().catch(() => undefined);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    return await use(client);
  } finally {
    signal.removeEventListener("abort", abort);
    await client.end().catch(() => undefined);
  }
}

/** @returns the SQLSTATE of an error that the server sent, else null */
export function sqlStateOf(fault: unknown): string | null {
  const code: unknown = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}
