import type { Transaction } from "kysely";
import { codeOf } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import type { Schema } from "./schema.ts";

export type Trx = Transaction<Schema>;

/** serialization_failure and deadlock_detected: PostgreSQL asks to run the transaction again */
const retryable = new Set(["40001", "40P01"]);
const attempts = 3;

/** Runs `act` in one transaction, again when PostgreSQL broke a deadlock: it must touch nothing but the database. */
export async function inTransaction<T>(database: Pick<Database, "kysely">, act: (trx: Trx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.kysely.transaction().execute(act);
    } catch (error) {
      if (attempt === attempts || !retryable.has(codeOf(error) ?? "")) throw error;
    }
  }
}
