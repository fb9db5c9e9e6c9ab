import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { isAlive, nameProcess } from "../sandbox/ledger.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";

const GONE_WITHIN_MS = 10_000;

/** A service of the sandbox is killed, without a word to anybody. */
export const serviceKilled = defineFault({
  kind: "service-killed",
  about: "a service is killed (SIGKILL)",
  parameters: z.strictObject({ service: z.string().min(1).max(64) }),
  cause: async ({ sandbox }, { service }) => {
    const victim = nameProcess(readPid(sandbox.home, service));
    process.kill(victim.pid, "SIGKILL");
    await waitFor(`the end of ${service}`, GONE_WITHIN_MS, async () => (isAlive(victim) ? undefined : true));
    return { what: `${service} was killed (SIGKILL)`, facts: { service } };
  },
});

/** @returns the process that the sandbox's Firebreak started as that service */
export function readPid(home: string, service: string): number {
  const pid = Number.parseInt(readFileSync(path.join(home, "services", `${service}.pid`), "utf8"), 10);
  if (!Number.isInteger(pid) || pid < 2) throw new RangeError(`the service ${service} does not run`);
  return pid;
}
