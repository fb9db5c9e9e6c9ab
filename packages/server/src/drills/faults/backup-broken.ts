import { readdirSync, renameSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { postgresPlace } from "../services/ask-postgres.ts";
import { sendEvents } from "../watches/send-events.ts";
import { installBackupJob } from "./backup-job.ts";
import { defineFault } from "./fault.ts";

const DAY_MS = 86_400_000;

/** A real backup job, which worked two days ago, fails: the key that it encrypts with is not where it looks for it. */
export const backupBroken = defineFault({
  kind: "backup-broken",
  about:
    "a backup job that dumps a PostgreSQL and a Redis and encrypts both worked two days ago, and fails: its key is gone (`${fault.keyFile}`; a second copy is at `${fault.keyCopy}`)",
  parameters: z.strictObject({
    postgres: postgresPlace,
    redis: z.strictObject({ port: z.number().int(), dump: z.string().min(1) }),
  }),
  cause: async ({ sandbox, api }, stores) => {
    const job = installBackupJob(sandbox, stores);
    const good = await job.run();
    if (good.code !== 0) throw new Error(`the backup that should have worked did not: ${good.said}`);
    for (const file of readdirSync(job.backups).map((name) => path.join(job.backups, name))) {
      const old = new Date(statSync(file).mtimeMs - 2 * DAY_MS);
      utimesSync(file, old, old);
    }
    const { script, backups, log, keyFile } = job;
    const keyCopy = `${keyFile}.second-copy`;
    renameSync(keyFile, keyCopy);
    const { code, said } = await job.run();
    if (code === 0) throw new Error("the backup that should have failed did not");
    const data = { backup_job: "hourly", status: "failed", message: `ended with ${code}: ${said}` };
    await sendEvents(api, [{ kind: "log", outcome: "failure", data }]);
    return { what: `the backup job failed: ${said}`, facts: { script, backups, log, keyFile, keyCopy } };
  },
});
