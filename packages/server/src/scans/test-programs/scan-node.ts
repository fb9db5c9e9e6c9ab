/** A node of its own that a test kills: node PROGRAM DATABASE_URL HOME WORKER. Runs the scans that are asked for. */
import { z } from "zod";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../../kernel/index.ts";
import { createRedactor } from "../../redaction/index.ts";
import { createDurableWork, openDatabase } from "../../storage/index.ts";
import { runScan, SCAN_TASK } from "../index.ts";

const [databaseUrl = "", home = "", scanWorkerFile = ""] = process.argv.slice(2);
const common = { clock: systemClock, logger: silentLogger };
const database = await openDatabase({ ...common, databaseUrl, home, migrate: false });
const newId = createNewId(() => systemClock.now());
const work = createDurableWork({ ...common, database, nodeId: newId("supervisor"), home });
const severity = { label: "SEV", respondMinutes: 5 };
const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };
const actor = { kind: "daemon", id: "firebreak", name: "firebreak" } as const;
const redactor = createRedactor(DEFAULT_REDACTION);
const ctx = { ...common, database, home, newId, actor, profile, redactor, work, scanWorkerFile };
work.define(SCAN_TASK, async (payload, { signal }) => {
  await runScan(ctx, z.object({ scanId: z.string() }).parse(payload).scanId, signal);
});
for (const event of ["alert.opened", "alerts.opened", "alert.changed"]) work.define(event, async () => {});
await work.start();
process.stdout.write("ready\n");
