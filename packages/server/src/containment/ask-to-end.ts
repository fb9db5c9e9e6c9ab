import type { HoldRule } from "@firebreak/protocol";
import { holdCovers } from "@firebreak/protocol";
import { codeOf } from "../kernel/index.ts";
import { listTree, readProcess } from "./process-tree/index.ts";
import { handleOf, isOnThisHost, readSupervisorEntries, subjectOf } from "./registry.ts";

/**
 * Asks every process that the hold covers on this host to end (SIGTERM). Whether they do is theirs: nothing is proved.
 *
 * @returns how many sessions were asked
 */
export function askToEnd({ home, hold }: { readonly home: string; readonly hold: HoldRule }): number {
  const covered = readSupervisorEntries(home).entries.filter(
    (entry) => isOnThisHost(entry) && holdCovers(hold, subjectOf(entry)),
  );
  for (const entry of covered) {
    for (const { pid, startTime } of listTree(handleOf(entry))) ask(pid, startTime);
  }
  return covered.length;
}

function ask(pid: number, startTime: string): void {
  if (process.platform === "linux" && readProcess(pid)?.startTime !== startTime) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch (fault) {
    if (codeOf(fault) !== "ESRCH" && codeOf(fault) !== "EPERM") throw fault;
  }
}
