import { parentPort, workerData } from "node:worker_threads";
import type { EvidenceTask } from "./messages.ts";
import { runTask } from "./run-task.ts";

/** Guarantee: `in-thread.ts` of this same build is the only one who starts this file. */
function taskOf(data: unknown): EvidenceTask {
  return data as EvidenceTask;
}

if (parentPort !== null) await runTask(taskOf(workerData), parentPort);
