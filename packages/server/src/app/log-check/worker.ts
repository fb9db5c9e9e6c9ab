import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import { checkLog } from "../../audit/index.ts";
import type { CheckState, DatabaseVerdict } from "../../audit/index.ts";
import { messageOf, systemClock } from "../../kernel/index.ts";
import { openDatabaseInThread } from "../open-database-in-thread.ts";
import type { CheckTask, Said } from "./messages.ts";

/** A calm check rests so many times as long as it works. */
const REST = 2;
const REST_MAX_MS = 1_000;
/** Leaves between two words about how far it has come. */
const TELL_EVERY = 4_096;

/** Guarantee: `check-in-thread.ts` of this same build is the only one who starts this file. */
function taskOf(data: unknown): CheckTask {
  return data as CheckTask;
}

/** @returns what a calm check calls after every tile */
function createPace(): () => Promise<void> {
  let sinceMs = systemClock.monotonicMs();
  return async () => {
    const restMs = Math.min(REST_MAX_MS, (systemClock.monotonicMs() - sinceMs) * REST);
    if (restMs > 0) await sleep(restMs);
    sinceMs = systemClock.monotonicMs();
  };
}

async function check(port: MessagePort, task: CheckTask): Promise<DatabaseVerdict> {
  const { home, keys, trusted, resume, isCalm } = task;
  const database = await openDatabaseInThread(task);
  const pace = createPace();
  let state: Omit<CheckState, "at"> | undefined;
  const onProgress = async (done: number, size: number) => {
    if (isCalm) await pace();
    if (done < size && done % TELL_EVERY !== 0) return;
    const answered = once(port, "message");
    port.postMessage({ kind: "progress", done, size, state } satisfies Said, []);
    state = undefined;
    await answered;
  };
  try {
    const before = keys.before === undefined ? undefined : { publicKey: Buffer.from(keys.before) };
    const logKey = { publicKey: Buffer.from(keys.publicKey), before };
    const onState = (reached: Omit<CheckState, "at">) => void (state = reached);
    return await checkLog({ database, home, logKey, trusted }, { resume, onProgress, onState });
  } finally {
    await database.close();
  }
}

async function say(port: MessagePort, task: CheckTask): Promise<Said> {
  try {
    return { kind: "done", verdict: await check(port, task) };
  } catch (fault) {
    return { kind: "fault", message: messageOf(fault) };
  }
}

if (parentPort !== null) {
  parentPort.postMessage(await say(parentPort, taskOf(workerData)), []);
  // nothing else is said to it: the process may end
  parentPort.close();
}
