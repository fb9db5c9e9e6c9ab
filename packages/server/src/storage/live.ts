import type { LiveMessage } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Transaction } from "kysely";
import type { Schema } from "./schema.ts";

export const LIVE_CHANNEL = "firebreak_live";

/** Tells every node's live view that something changed, when the caller's transaction commits. */
export async function notifyLive(trx: Transaction<Schema>, topic: LiveMessage["topic"], id: string): Promise<void> {
  const message: LiveMessage = { topic, id };
  await sql`select pg_notify(${LIVE_CHANNEL}, ${JSON.stringify(message)})`.execute(trx);
}
