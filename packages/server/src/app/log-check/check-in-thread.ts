import type { DatabaseVerdict } from "../../audit/index.ts";
import { programFile, startWorker } from "../../kernel/index.ts";
import type { CheckTask, Said } from "./messages.ts";

export interface CheckThread {
  /** ends the thread, wherever it is */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Omit<Said & { readonly kind: "progress" }, "kind">) => void;
  /** default: beside the server */
  readonly workerFile?: string | undefined;
}

/**
 * Derives the whole log anew in a thread with a connection of its own: ten million entries are gigabytes to read and to hash,
 * and the server goes on answering meanwhile.
 *
 * @throws Error when the thread or the database fails, and when the signal ends it
 */
export async function checkInThread(
  task: CheckTask,
  { signal, onProgress = () => undefined, workerFile = programFile("log-check-worker") }: CheckThread,
): Promise<DatabaseVerdict> {
  signal.throwIfAborted();
  const line = startWorker(workerFile, task, signal);
  // a server that ends does not wait for minutes of it
  line.rest(true);
  try {
    for (let said = saidBy(await line.ask()); ; said = saidBy(await line.ask("go on"))) {
      if (said.kind === "done") return said.verdict;
      if (said.kind === "fault") throw new Error(said.message);
      onProgress(said);
    }
  } finally {
    await line.end();
  }
}

/** Guarantee: the worker of this same build says nothing else. */
function saidBy(message: unknown): Said {
  return message as Said;
}
