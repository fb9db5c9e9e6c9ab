import { liveMessage } from "@firebreak/protocol";
import type { LiveMessage } from "@firebreak/protocol";
import type { Kysely, RawBuilder } from "kysely";
import { sql } from "kysely";
import type pg from "pg";
import { messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import type { Schema } from "./schema.ts";

export const LIVE_CHANNEL = "firebreak_live";
const reconnectDelaysMs = [50, 250, 1_000, 5_000] as const;
/** A connection cut without a word (a firewall, a sleeping laptop) is noticed by a question. */
const probeEveryMs = 15_000;

/** Tells every node's live view that something changed, when the caller's transaction commits; equal changes once. */
export function notifyLive(trx: Kysely<Schema>, topic: LiveMessage["topic"], id: string): Promise<void> {
  return notifyLiveOfAll(trx, topic, [id]);
}

/** The same for many things that changed. */
export async function notifyLiveOfAll(
  trx: Kysely<Schema>,
  topic: LiveMessage["topic"],
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const messages = ids.map((id) => JSON.stringify({ topic, id } satisfies LiveMessage));
  await sql`select pg_notify(${LIVE_CHANNEL}, message) from unnest(${messages}::text[]) as messages(message)`.execute(
    trx,
  );
}

/** The same as an expression, for statements that change many rows. @param id of a column that holds the ids */
export function liveNotice(topic: LiveMessage["topic"], id: string): RawBuilder<unknown> {
  return sql`pg_notify(${LIVE_CHANNEL}, json_build_object('topic', ${topic}::text, 'id', ${sql.ref(id)})::text)`;
}

export interface LiveOptions {
  logger: Logger;
  /** called when listening begins again after a lost connection: changes may have been missed, read everything again */
  onGap?: () => void;
}

/**
 * Calls back for every change told by any node from now on. Resolves when it listens.
 *
 * @returns a function that ends it
 */
export async function listenLive(
  database: Database,
  callback: (change: LiveMessage) => void,
  { logger, onGap }: LiveOptions,
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  let client = await openListener(database, callback, logger);
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await waitForEnd(client, stopping.signal);
      if (stopping.signal.aborted) break;
      const next = await reopen(() => openListener(database, callback, logger), stopping.signal, logger);
      if (next === undefined) break;
      client = next;
      onGap?.();
    }
    await client.end().catch(() => {});
  })();
  return async () => {
    stopping.abort();
    await loop;
  };
}

async function openListener(
  database: Database,
  callback: (change: LiveMessage) => void,
  logger: Logger,
): Promise<pg.Client> {
  const client = await database.openClient();
  client.on("notification", ({ payload }) => deliver(payload ?? "", callback, logger));
  try {
    await client.query(`listen ${LIVE_CHANNEL}`);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** Anyone who may connect to the database can send on the channel: what does not parse is left out. */
function deliver(payload: string, callback: (change: LiveMessage) => void, logger: Logger): void {
  try {
    callback(liveMessage.parse(JSON.parse(payload)));
  } catch (error) {
    logger.warn("a live change could not be delivered", { problem: messageOf(error) });
  }
}

/** Resolves when the connection is lost or the signal asks to stop. */
function waitForEnd(client: pg.Client, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const probe = setInterval(() => {
      client.query("select 1").catch(finish);
    }, probeEveryMs);
    probe.unref();
    function finish(): void {
      clearInterval(probe);
      signal.removeEventListener("abort", finish);
      client.removeListener("end", finish);
      client.removeListener("error", finish);
      resolve();
    }
    signal.addEventListener("abort", finish, { once: true });
    client.once("end", finish);
    client.once("error", finish);
  });
}

async function reopen(
  open: () => Promise<pg.Client>,
  signal: AbortSignal,
  logger: Logger,
): Promise<pg.Client | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      logger.warn("cannot listen for live changes yet", { problem: messageOf(error) });
      await waitOrAbort(reconnectDelaysMs[Math.min(attempt, reconnectDelaysMs.length - 1)] ?? 0, signal);
    }
  }
  return undefined;
}

function waitOrAbort(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish, { once: true });
  });
}
