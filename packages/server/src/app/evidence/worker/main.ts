import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { EvidenceTask } from "./messages.ts";
import { runTask } from "./run-task.ts";

/** Guarantee: `in-thread.ts` of this same build is the only one who starts this file, and who gives it another task. */
function taskOf(data: unknown): EvidenceTask {
  return data as EvidenceTask;
}

if (parentPort !== null) {
  for (let task = taskOf(workerData); ;) {
    await runTask(task, parentPort);
    const [message] = await once(parentPort, "message");
    task = taskOf(message);
  }
}
