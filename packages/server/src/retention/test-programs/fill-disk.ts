/** Archives on a disk that is full, then on one that is not: `fill-disk.mjs DATABASE_URL HOME DISK NOW_MS`. Prints both outcomes. */
import { appendFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { openLogKey } from "../../audit/index.ts";
import {
  codeOf,
  createManualClock,
  createNewId,
  DEFAULT_RETENTION,
  silentLogger,
  systemClock,
} from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { runRetention } from "../index.ts";

const [databaseUrl = "", home = "", disk = "", nowMs = ""] = process.argv.slice(2);
const clock = createManualClock(Number(nowMs));
const database = await openDatabase({ databaseUrl, home, clock, logger: silentLogger });
const ctx = {
  database,
  home,
  clock,
  newId: createNewId(() => systemClock.now()),
  logKey: openLogKey(home),
  logger: silentLogger,
  actor: { kind: "daemon", id: "firebreak", name: "firebreak" } as const,
  profile: { retention: DEFAULT_RETENTION },
  recordTimeline: async () => {},
};
const filler = path.join(disk, "filler");

function fillDisk(): void {
  try {
    for (;;) appendFileSync(filler, Buffer.alloc(512, 1));
  } catch (fault) {
    if (codeOf(fault) !== "ENOSPC") throw fault;
  }
}

async function pass() {
  const { report, failures } = await runRetention(ctx);
  const left = await database.kysely.selectFrom("events").select("seq").execute();
  return { archived: report.archived, failures, left: left.length };
}

symlinkSync(disk, path.join(home, "archive"));
fillDisk();
const full = await pass();
rmSync(filler);
const free = await pass();
await database.close();
process.stdout.write(JSON.stringify({ full, free }));
