import { parentPort, workerData } from "node:worker_threads";
import { runTask } from "./run-task.ts";
import type { WorkerTask } from "./tasks.ts";

/** Guarantee: `startWorker` of this same build is the only one who starts this file. */
function taskOf(data: unknown): WorkerTask {
  return data as WorkerTask;
}

if (parentPort !== null) await runTask(taskOf(workerData), parentPort);
