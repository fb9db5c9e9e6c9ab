import type { MessagePort } from "node:worker_threads";
import {
  exportArchive,
  sealArchive,
  sealCollection,
  settleInterrupted,
  verifyArchive,
} from "../../../evidence/index.ts";
import type { EventsWish, EvidenceSummary, StoredEvent } from "../../../evidence/index.ts";
import { FirebreakError, messageOf, systemClock } from "../../../kernel/index.ts";
import { collectSurroundings } from "../surroundings.ts";
import type { CollectTask, Ending, EvidenceTask, TaskResults } from "./messages.ts";
import { ServerLine } from "./server-line.ts";

/** Does one task and says what came of it. It has no way to the database. */
export async function runTask(task: EvidenceTask, port: MessagePort): Promise<void> {
  port.postMessage(await perform(task, port), []);
}

async function perform(task: EvidenceTask, port: MessagePort): Promise<Ending> {
  try {
    return { kind: "done", result: await resultOf(task, port) };
  } catch (fault) {
    return { kind: "fault", code: fault instanceof FirebreakError ? fault.code : null, message: messageOf(fault) };
  }
}

async function resultOf(task: EvidenceTask, port: MessagePort): Promise<TaskResults[EvidenceTask["kind"]]> {
  switch (task.kind) {
    case "collect":
      return collect(task, port);
    case "verify": {
      const { manifest: _, custody: __, ...verdict } = await verifyArchive(task.file, task.request);
      return verdict;
    }
    case "export":
      return exportTo(new ServerLine(port), task.directory);
    case "settle":
      return settleInterrupted({ home: task.home, clock: systemClock, tried: task.tried });
    case "seal":
      return sealArchive(task.directory, task.immutable);
  }
}

async function exportTo(line: ServerLine, directory: string): Promise<null> {
  for await (const bytes of await exportArchive(directory)) await line.ask({ kind: "piece", bytes });
  return null;
}

async function collect({ place, actor, input, isAborted, hasEvents }: CollectTask, port: MessagePort) {
  const abort = new AbortController();
  if (isAborted) abort.abort();
  const line = new ServerLine(port, () => abort.abort());
  const surroundings = await collectSurroundings({
    ...place,
    readEvents: hasEvents ? (of) => readEvents(line, of) : null,
    readSecret: async (name) => (await line.ask({ kind: "secret", name })) ?? undefined,
  });
  let isTelling = false;
  const summary: EvidenceSummary = await sealCollection(
    { home: place.home, clock: systemClock, actor },
    {
      ...input,
      surroundings,
      signal: abort.signal,
      onProgress: (record) => {
        // whoever looks on is told the newest, not everything
        if (isTelling) return;
        isTelling = true;
        void line.ask({ kind: "progress", record }).finally(() => (isTelling = false));
      },
    },
  );
  await line.settle();
  return summary;
}

async function* readEvents(line: ServerLine, wish: EventsWish): AsyncGenerator<readonly StoredEvent[]> {
  for (let of: EventsWish | null = wish; ; of = null) {
    const page = await line.ask({ kind: "events", of });
    if (page.length === 0) return;
    yield page;
  }
}
