import { expect, test, vi } from "vitest";
import { silentLogger } from "../kernel/index.ts";
import { listenLive, notifyLive } from "./live.ts";
import { createTestDatabase } from "./testing.ts";

test("a live change is told when its transaction commits, survives a lost connection, and the gap is told", async () => {
  const created = await createTestDatabase();
  const { database } = created;
  const seen: string[] = [];
  let gaps = 0;
  const stop = await listenLive(database, ({ topic, id }) => void seen.push(`${topic} ${id}`), {
    logger: silentLogger,
    onGap: () => void (gaps += 1),
  });
  await database.kysely.transaction().execute(async (trx) => {
    await notifyLive(trx, "incident", "1");
    await notifyLive(trx, "incident", "1");
  });
  await database.kysely
    .transaction()
    .execute(async (trx) => {
      await notifyLive(trx, "incident", "rolled back");
      throw new Error("no");
    })
    .catch(() => {});
  await vi.waitFor(() => expect(seen).toEqual(["incident 1"]), 30_000);
  await database.pool.query("select pg_notify('firebreak_live', 'not json')");
  await database.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'",
  );
  await vi.waitFor(() => expect(gaps).toBe(1), { timeout: 30_000 });
  await notifyLive(database.kysely, "alert", "2");
  await vi.waitFor(() => expect(seen).toEqual(["incident 1", "alert 2"]), 30_000);
  await stop();
  await created.close();
});
