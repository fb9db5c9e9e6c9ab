import { silentLogger, systemClock } from "../../kernel/index.ts";
import { connectDatabase } from "../connect.ts";
import { createDurableWork } from "../work.ts";

/**
 * A Firebreak reduced to its job runner, for tests that kill it. Arguments: database URL, home, `enqueue` to add jobs
 * until it is killed. Each job writes down that it ran and enqueues its successor in the same transaction. Prints `ready`, then
 * the number of every job whose enqueueing was committed.
 */
const [databaseUrl = "", home = "", mode = ""] = process.argv.slice(2);
const connection = { connectionString: databaseUrl };
const database = await connectDatabase({
  connection,
  kind: "url",
  place: "test",
  logger: silentLogger,
  migrate: false,
});
const { kysely } = database;
const nodeId = `${home}-${process.pid}`;
const work = createDurableWork({ database, clock: systemClock, logger: silentLogger, nodeId, home });

work.define("first", async (payload) => {
  const scope = `first-${String(payload)}`;
  await kysely.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto("incident_counters")
      .values({ scope, last: 1 })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) await work.enqueue(trx, "second", payload);
  });
});
work.define("second", async (payload) => {
  await kysely
    .insertInto("incident_counters")
    .values({ scope: `second-${String(payload)}`, last: 1 })
    .onConflict((conflict) =>
      conflict.column("scope").doUpdateSet((eb) => ({ last: eb("incident_counters.last", "+", 1) })),
    )
    .execute();
});
await work.start();
process.stdout.write("ready\n");
const most = mode === "enqueue" ? 1_000_000 : 0;
for (let n = 0; n < most; n += 1) {
  const id = `${process.pid}-${n}`;
  await kysely.transaction().execute(async (trx) => work.enqueue(trx, "first", id));
  process.stdout.write(`${id}\n`);
}
