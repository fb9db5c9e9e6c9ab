import { parentPort, workerData } from "node:worker_threads";
import { EventJudge } from "./event-judge.ts";
import type { ThreadSetting } from "./messages.ts";
import { serveQuestions } from "./serve-questions.ts";

/** Guarantee: `judge-thread.ts` of this same build is the only one who starts this file. */
function settingOf(data: unknown): ThreadSetting {
  return data as ThreadSetting;
}

if (parentPort !== null) serveQuestions(parentPort, new EventJudge(settingOf(workerData).current));
