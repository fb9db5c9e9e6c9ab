import { failCollection, recordCollection } from "../../evidence/index.ts";
import type { CollectInput, EvidenceContext, EvidenceSummary } from "../../evidence/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { ReadSecret } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { streamEvents } from "../../telemetry/index.ts";
import type { AnswerQuestion, ThreadOptions } from "./in-thread.ts";
import { runInThread } from "./in-thread.ts";
import type { CollectPlace } from "./surroundings.ts";
import type { CollectTask } from "./worker/messages.ts";

/** Once its time is over a collection has this long to be sealed. */
const SEALING_MS = 10 * 60_000;

export interface CollectHouse extends ThreadOptions {
  readonly context: EvidenceContext & { readonly database: Database };
  readonly place: CollectPlace;
  readonly readSecret: ReadSecret;
}

/**
 * Collects as `collectEvidence` does, in a thread beside the server's. Of the database the thread gets the agent's events
 * and of secrets those it asks for, from here.
 */
export async function collectInThread(
  { context, place, readSecret, evidenceWorkerFile }: CollectHouse,
  { signal: wanted, onProgress, ...input }: Omit<CollectInput, "surroundings">,
): Promise<EvidenceSummary> {
  const { database, actor } = context;
  const limitMs = input.timeLimitMs ?? input.settings.levels[input.level].timeLimitSeconds * 1000;
  const task: CollectTask = { kind: "collect", place, actor, input, isAborted: wanted.aborted, hasEvents: true };
  let summary: EvidenceSummary;
  try {
    summary = await runInThread(task, {
      evidenceWorkerFile,
      wanted,
      signal: AbortSignal.timeout(limitMs + SEALING_MS),
      answer: answerFrom(database, readSecret, onProgress),
    });
  } catch (fault) {
    // the thread may have ended without a word; this process, by which the collection is known, lives on
    failCollection(context.home, context.clock, input.archiveId, messageOf(fault));
    throw fault;
  }
  await recordCollection(context, input, summary);
  return summary;
}

function answerFrom(
  database: Database,
  readSecret: ReadSecret,
  onProgress: CollectInput["onProgress"],
): AnswerQuestion {
  let pages: ReturnType<typeof streamEvents> | undefined;
  return async (question) => {
    switch (question.kind) {
      case "progress":
        onProgress?.(question.record);
        return null;
      case "secret":
        return (await readSecret(question.name)) ?? null;
      case "events": {
        if (question.of !== null) pages = streamEvents({ database }, question.of);
        const page = await pages?.next();
        return page === undefined || page.done === true ? [] : page.value;
      }
      case "piece":
        throw new TypeError("a collection gives no pieces");
    }
  };
}
