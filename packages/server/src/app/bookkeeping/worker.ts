import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { openLogKey } from "../../audit/index.ts";
import { messageOf, systemClock } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { openDatabaseInThread } from "../open-database-in-thread.ts";
import type { Place } from "../open-database-in-thread.ts";
import { doDuty } from "./do-duty.ts";
import type { Answer, Duty } from "./messages.ts";

/** Guarantee: `bookkeeper.ts` of this same build is the only one who starts this file. */
function placeOf(data: unknown): Place {
  return data as Place;
}

function dutyOf([message]: unknown[]): Duty {
  return message as Duty;
}

async function answerOf(database: Database, home: string, duty: Duty): Promise<Answer> {
  try {
    // the key may have changed since
    const isMore = await doDuty(duty, { database, clock: systemClock, logKey: openLogKey(home) });
    return { kind: "done", isMore };
  } catch (fault) {
    return { kind: "fault", message: messageOf(fault) };
  }
}

async function work(port: MessagePort, place: Place): Promise<never> {
  const database = await openDatabaseInThread(place);
  const say = (answer: Answer) => port.postMessage(answer, []);
  say({ kind: "ready" });
  for (;;) say(await answerOf(database, place.home, dutyOf(await once(port, "message"))));
}

if (parentPort !== null) await work(parentPort, placeOf(workerData));
