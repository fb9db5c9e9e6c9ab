import { Client } from "pg";
import { silentLogger, systemClock } from "../../../kernel/index.ts";
import { startEmbeddedPostgres } from "../start.ts";

/**
 * A Firebreak reduced to its database, for tests that kill it. Arguments: home, native folder, number of rows (0: only
 * serve). Prints one JSON line when the server answers, then the number of every row whose commit was acknowledged.
 */
const [home = "", nativeDir = "", rows = "0"] = process.argv.slice(2);
const started = systemClock.monotonicMs();
const embedded = await startEmbeddedPostgres({ home, nativeDir, clock: systemClock, logger: silentLogger });
const readyMs = systemClock.monotonicMs() - started;
process.stdout.write(`${JSON.stringify({ pid: embedded.pid, connection: embedded.connection, readyMs })}\n`);

const client = new Client(embedded.connection);
client.on("error", () => {});
await client.connect();
await client.query("create table if not exists kept (n bigint primary key, filler text)");
const { rows: last } = await client.query<{ n: string }>("select coalesce(max(n), 0) as n from kept");
const first = Number(last[0]?.n ?? 0) + 1;
for (let n = first; n < first + Number(rows); n += 1) {
  await client.query("insert into kept values ($1, repeat('x', 500))", [n]);
  process.stdout.write(`${n}\n`);
}
setInterval(() => {}, 60_000);
