import { parentPort, workerData } from "node:worker_threads";
import type { ScanTask } from "./messages.ts";
import { runTask } from "./run-task.ts";

/** Guarantee: `run-scan.ts` of this same build is the only one who starts this file. */
function taskOf(data: unknown): ScanTask {
  return data as ScanTask;
}

if (parentPort !== null) await runTask(taskOf(workerData), parentPort);
