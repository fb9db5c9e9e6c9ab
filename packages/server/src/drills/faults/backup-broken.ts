import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { sendEvents } from "../watches/send-events.ts";
import { defineFault } from "./fault.ts";

/** A real backup job fails, because what it is to keep is gone, and leaves an archive cut off in the middle. */
export const backupBroken = defineFault({
  kind: "backup-broken",
  parameters: z.strictObject({ job: z.string().min(1).max(64).default("hourly") }),
  cause: async ({ sandbox, api }, { job }) => {
    const source = path.join(sandbox.workspace, "data");
    const backups = path.join(sandbox.folder, "services", "backups");
    for (const folder of [source, backups]) mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(source, "customers.csv"), "id,name\n1,Ada\n");
    const archive = path.join(backups, `${job}.tar.gz`);
    const good = sandbox.start(["tar", "-czf", archive, "-C", source, "."]);
    if ((await good.ended) !== 0) throw new Error(`tar does not work here: ${good.tail()}`);
    const broken = sandbox.start(["tar", "-czf", archive, "-C", path.join(source, "not-there"), "."]);
    const code = await broken.ended;
    if (code === 0) throw new Error("the backup that should have failed did not");
    const message = `tar ended with ${code}: ${broken.tail()}`;
    writeFileSync(archive, Buffer.from("1f8b080000000000", "hex"));
    await sendEvents(api, [{ kind: "log", outcome: "failure", data: { backup_job: job, status: "failed", message } }]);
    return {
      what: `the backup job ${job} failed, and its archive is cut off`,
      facts: { job, archive, backups, source },
    };
  },
});
