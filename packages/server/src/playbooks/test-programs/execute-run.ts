/** Executes runs in a process of its own that a test kills: node PROGRAM DATABASE_URL HOME RUN_ID. */
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { executeRun } from "../index.ts";
import { fileEffectors } from "../testing/file-effectors.ts";
import { testProfile } from "../testing/profile.ts";

const [databaseUrl = "", home = "", runId = ""] = process.argv.slice(2);
const database = await openDatabase({ databaseUrl, home, clock: systemClock, logger: silentLogger, migrate: false });
process.stdout.write("ready\n");
const newId = createNewId(() => systemClock.now());
const readSecret = async () => undefined;
const common = { database, clock: systemClock, newId, logger: silentLogger, home };
const ctx = { ...common, effectors: fileEffectors, profile: testProfile, readSecret };
const progress = await executeRun(ctx, runId);
process.stdout.write(`${JSON.stringify(progress)}\n`);
await database.close();
