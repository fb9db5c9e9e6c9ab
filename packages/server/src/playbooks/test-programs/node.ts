/** A node of its own that a test kills: node PROGRAM DATABASE_URL HOME NAME. Says `ready`, and executes what is requested. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { createDurableWork, openDatabase } from "../../storage/index.ts";
import { executeRun } from "../index.ts";
import { fileEffectors } from "../testing/file-effectors.ts";
import { testProfile } from "../testing/profile.ts";

const [databaseUrl = "", home = "", name = ""] = process.argv.slice(2);
const own = mkdtempSync(join(home, "node-"));
const common = { clock: systemClock, logger: silentLogger };
const database = await openDatabase({ ...common, databaseUrl, home: own, migrate: false });
const newId = createNewId(() => systemClock.now());
const readSecret = async () => undefined;
const ctx = { ...common, database, newId, home, effectors: fileEffectors, profile: testProfile, readSecret };
const work = createDurableWork({ ...common, database, nodeId: name, home: own });
work.define("run.requested", async (payload, { signal }) => {
  const { runId } = z.object({ runId: z.string() }).parse(payload);
  await executeRun(ctx, runId, signal);
});
work.define("run.ended", async () => {});
await work.start();
process.stdout.write("ready\n");
