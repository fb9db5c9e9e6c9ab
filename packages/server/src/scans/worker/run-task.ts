import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { messageOf } from "../../kernel/index.ts";
import { IndicatorSet } from "../../indicators/index.ts";
import type { Entry } from "../../indicators/index.ts";
import { Found } from "../found.ts";
import { listFiles } from "../list-files.ts";
import { EventScan } from "../scan-events.ts";
import { scanFile } from "../scan-file.ts";
import type { FileProgress, FileUnit, ScanAnswers, ScanMessage, ScanTask } from "./messages.ts";

type Files = AsyncGenerator<number, string | null>;
type Answer = ScanAnswers[ScanMessage["kind"]];

/** Answers messages until it is ended. It has no way to the database. */
export async function runTask(task: ScanTask, port: MessagePort): Promise<void> {
  const scanner = new Scanner(task);
  for (;;) port.postMessage(await scanner.answer(await nextMessage(port)));
}

/** Guarantee: `run-scan.ts` of this same build sends nothing else. */
async function nextMessage(port: MessagePort): Promise<ScanMessage> {
  const [message]: unknown[] = await once(port, "message");
  return message as ScanMessage;
}

class Scanner {
  readonly #task: ScanTask;
  readonly #entries: Entry[] = [];
  readonly #found = new Found();
  #set: IndicatorSet | undefined;
  #events: EventScan | undefined;
  #file: Files | undefined;

  constructor(task: ScanTask) {
    this.#task = task;
  }

  async answer(message: ScanMessage): Promise<Answer> {
    switch (message.kind) {
      case "entries":
        this.#entries.push(...message.entries);
        return null;
      case "events":
        return this.#scanEvents(message.bodies);
      case "list":
        return this.#list(message.path);
      case "open":
        this.#file = this.#open(message.unit);
        return this.#next();
      case "more":
        return this.#next();
    }
  }

  get #indicators(): IndicatorSet {
    this.#set ??= new IndicatorSet(this.#entries.splice(0));
    return this.#set;
  }

  #scanEvents(bodies: Parameters<EventScan["scan"]>[0]): ScanAnswers["events"] {
    const { target, nowMs } = this.#task;
    if (target.kind !== "events") throw new TypeError("this scan looks at no events");
    this.#events ??= new EventScan(this.#indicators, this.#found, target);
    const { isPast, bytes } = this.#events.scan(bodies, nowMs);
    return { hits: this.#found.take(), bytes, isPast };
  }

  async #list(folder: string): Promise<ScanAnswers["list"]> {
    try {
      return { ...(await listFiles(folder, this.#task.without)), problem: null };
    } catch (fault) {
      return { files: [], skipped: [], problem: messageOf(fault) };
    }
  }

  async *#open({ place, name, file, timeMs, archive }: FileUnit): Files {
    const handle = await openPlain(file);
    try {
      const at = timeMs ?? Math.round((await handle.stat()).mtimeMs);
      const { nowMs } = this.#task;
      const context = { set: this.#indicators, found: this.#found, nowMs, place, name, timeMs: at, archive };
      return yield* scanFile(readBytes(handle), context);
    } finally {
      await handle.close();
    }
  }

  async #next(): Promise<FileProgress> {
    try {
      const step = await this.#file?.next();
      const isDone = step === undefined || step.done === true;
      const bytes = step?.done === false ? step.value : 0;
      return { hits: this.#found.take(), bytes, isDone, problem: step?.done === true ? step.value : null };
    } catch (fault) {
      return { hits: this.#found.take(), bytes: 0, isDone: true, problem: messageOf(fault) };
    }
  }
}

/** Guarantee: without an encoding a file gives bytes. */
function readBytes(handle: FileHandle): AsyncIterable<Buffer> {
  return handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}

/** What changed into a link, a pipe or a device since it was listed is not opened for what it is. */
async function openPlain(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error("it is no plain file any more");
}
