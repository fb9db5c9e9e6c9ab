import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { findAgentProcesses } from "../sandbox/find-agents.ts";
import { looking } from "./looking.ts";

const APART_MS = 1000;

/** So many processes of agents are there, and none of them takes any time of the processor. */
export const agentsIdle = looking(
  z.strictObject({ processes: z.number().int().min(1) }),
  async ({ sandbox }, { processes }) => {
    const pids = findAgentProcesses(sandbox.home);
    const before = readTicks(pids);
    await sleep(APART_MS);
    const ticks = readTicks(pids) - before;
    const found = `${pids.length} process(es) took ${ticks} tick(s) of the processor in ${APART_MS} ms`;
    return { held: pids.length >= processes && ticks === 0, found };
  },
);

/** User and system time of proc(5), fields 14 and 15 of stat. @throws Error when one of them has ended meanwhile */
function readTicks(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const afterName = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return sum + Number(afterName[11]) + Number(afterName[12]);
  }, 0);
}
