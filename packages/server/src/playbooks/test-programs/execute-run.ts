/**
 * Executes runs in a process of its own that a test kills: node PROGRAM DATABASE_URL HOME. Says `ready`, reads the ids of
 * the runs from its first line of input, and executes all of them at once until it is killed or they have ended.
 */
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { executeRun, wakeRuns } from "../index.ts";
import { fileEffectors } from "../testing/file-effectors.ts";
import { testProfile } from "../testing/profile.ts";

const [databaseUrl = "", home = ""] = process.argv.slice(2);
// a home of its own: the next one starts while this one still lives
const own = mkdtempSync(join(home, "process-"));
const database = await openDatabase({
  databaseUrl,
  home: own,
  clock: systemClock,
  logger: silentLogger,
  migrate: false,
});
const newId = createNewId(() => systemClock.now());
const readSecret = async () => undefined;
const common = { database, clock: systemClock, newId, logger: silentLogger, home };
const ctx = { ...common, effectors: fileEffectors, profile: testProfile, readSecret };
const input = createInterface({ input: process.stdin });
process.stdout.write("ready\n");
const [line] = await once(input, "line");

async function goOn(runId: string): Promise<void> {
  for (;;) {
    const progress = await executeRun(ctx, runId);
    if (progress.kind === "ended") return;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await wakeRuns(ctx);
  }
}

process.stdout.write("begun\n");
await Promise.all(String(line).split(" ").map(goOn));
process.exit(0);
