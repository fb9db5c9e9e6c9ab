import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { isAlive, nameProcess } from "../sandbox/ledger.ts";
import { waitFor } from "../sandbox/wait.ts";
import { sendToRedis } from "../services/send-to-redis.ts";
import { defineFault } from "./fault.ts";
import { readPid } from "./service-killed.ts";

const WITHIN_MS = 15_000;

/** Redis saves, is killed, and its dump is overwritten in the middle: started again, it cannot read its data. */
export const redisDumpCorrupted = defineFault({
  kind: "redis-dump-corrupted",
  about: "a Redis saves, is killed, and its dump is overwritten: it does not start any more",
  parameters: z.strictObject({ service: z.string().min(1).max(64), port: z.number().int(), folder: z.string() }),
  cause: async ({ sandbox }, { service, port, folder }) => {
    await sendToRedis(port, [["SET", "customers", "x".repeat(5000)], ["SAVE"]]);
    const victim = nameProcess(readPid(sandbox.home, service));
    process.kill(victim.pid, "SIGKILL");
    await waitFor(`the end of ${service}`, WITHIN_MS, async () => (isAlive(victim) ? undefined : true));
    const dump = path.join(folder, "dump.rdb");
    const bytes = readFileSync(dump);
    bytes.fill(0xff, 0, Math.min(64, bytes.length));
    writeFileSync(dump, bytes);
    // as whatever supervises it would: it is started again, says why it cannot, and ends
    const child = sandbox.start([path.join(folder, "redis-server"), path.join(folder, "redis.conf")], { cwd: folder });
    await waitFor(`the failing start of ${service}`, WITHIN_MS, async () => (child.hasEnded() ? true : undefined));
    return { what: `the dump of ${service} was overwritten; it does not start any more`, facts: { service, dump } };
  },
});
