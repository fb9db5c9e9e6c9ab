import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { openLogKey } from "../../audit/index.ts";
import { messageOf, silentLogger, systemClock } from "../../kernel/index.ts";
import { openDatabase } from "../../storage/index.ts";
import type { Database } from "../../storage/index.ts";
import { doDuty } from "./do-duty.ts";
import type { Answer, Duty, Place } from "./messages.ts";

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

async function work(port: MessagePort, { home, databaseUrl }: Place): Promise<never> {
  // what is lost of connections shows when the next duty is done, and the server logs it
  const opening = { home, databaseUrl, clock: systemClock, logger: silentLogger, migrate: false, share: true };
  const database = await openDatabase(opening);
  const say = (answer: Answer) => port.postMessage(answer, []);
  say({ kind: "ready" });
  for (;;) say(await answerOf(database, home, dutyOf(await once(port, "message"))));
}

if (parentPort !== null) await work(parentPort, placeOf(workerData));
