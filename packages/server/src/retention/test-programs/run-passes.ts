/** Does passes of the retention until it is killed or done: `run-passes.mjs DATABASE_URL HOME NOW_MS`. */
import { growTree, openLogKey } from "../../audit/index.ts";
import { createManualClock, createNewId, DEFAULT_RETENTION, silentLogger, systemClock } from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { runRetention } from "../index.ts";

const [databaseUrl = "", home = "", nowMs = ""] = process.argv.slice(2);
const clock = createManualClock(Number(nowMs));
const newId = createNewId(() => systemClock.now());
const database = await openDatabase({ databaseUrl, home, clock, logger: silentLogger });
const logKey = openLogKey(home);
const ctx = {
  database,
  home,
  clock,
  newId,
  logKey,
  logger: silentLogger,
  actor: { kind: "daemon", id: "firebreak", name: "firebreak" } as const,
  profile: { retention: DEFAULT_RETENTION },
  recordTimeline: async () => {},
};
process.stdout.write("ready\n");
for (let isMore = true; isMore;) {
  const { report } = await runRetention(ctx, { batch: { rows: 15, bytes: 1_000_000 } });
  isMore = report.more;
}
for (let mayBeMore = true; mayBeMore;) ({ mayBeMore } = await growTree({ database, clock, logKey }));
await database.close();
