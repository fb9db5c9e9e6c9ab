import type { StopResult } from "@firebreak/protocol";

/** What supervisors on other hosts say came of a hold, by session. */
export type StopAnswers = ReadonlyMap<string, StopResult>;

/** Answers to holds until they are on record, and those who wait for them. */
export interface RemoteStops {
  /** Resolves when all these sessions have answered for the hold, or the time is up. */
  wait(holdId: string, sessionIds: readonly string[], timeoutMs: number): Promise<StopAnswers>;
  /** Takes an answer; a later one of the same session counts. */
  take(holdId: string, result: StopResult): void;
  answersTo(holdId: string): StopAnswers;
}

/** Holds whose answers are remembered; the oldest are forgotten first. */
const HOLDS_MAX = 1_000;

export function createRemoteStops(): RemoteStops {
  const answers = new Map<string, Map<string, StopResult>>();
  const waiting = new Map<string, Set<() => void>>();
  const answersTo = (holdId: string): StopAnswers => answers.get(holdId) ?? new Map();
  return {
    answersTo,
    take: (holdId, result) => {
      const known = answers.get(holdId) ?? new Map<string, StopResult>();
      answers.set(holdId, known.set(result.sessionId, result));
      const oldest = answers.keys().next();
      if (answers.size > HOLDS_MAX && oldest.done !== true) answers.delete(oldest.value);
      for (const look of waiting.get(holdId) ?? []) look();
    },
    wait: async (holdId, sessionIds, timeoutMs) => {
      const isDone = () => sessionIds.every((id) => answersTo(holdId).has(id));
      if (!isDone()) await waitFor(waiting, holdId, isDone, timeoutMs);
      return answersTo(holdId);
    },
  };
}

async function waitFor(
  waiting: Map<string, Set<() => void>>,
  holdId: string,
  isDone: () => boolean,
  timeoutMs: number,
): Promise<void> {
  const looks = waiting.get(holdId) ?? new Set();
  waiting.set(holdId, looks);
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      looks.delete(look);
      if (looks.size === 0) waiting.delete(holdId);
      resolve();
    };
    const look = () => {
      if (isDone()) finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    looks.add(look);
  });
}
