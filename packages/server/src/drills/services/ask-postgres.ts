import { Client } from "pg";
import { z } from "zod";

const TIMEOUT_MS = 20_000;

export const postgresPlace = z.object({
  port: z.number().int().min(1).max(65_535),
  user: z.string().min(1),
  password: z.string().min(1),
  database: z.string().min(1),
});
export type PostgresPlace = z.output<typeof postgresPlace>;

/** @returns the first value of the first row, as text; null where there is none */
export async function askPostgres(
  { port, user, password, database }: PostgresPlace,
  query: string,
): Promise<string | null> {
  const client = new Client({
    host: "127.0.0.1",
    port,
    user,
    password,
    database,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  // a server that is killed takes the connection with it, and the query fails
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: query, rowMode: "array" });
    const value = rows[0]?.[0];
    if (value === undefined || value === null) return null;
    return typeof value === "string" ? value : JSON.stringify(value);
  } finally {
    await client.end().catch(() => undefined);
  }
}
