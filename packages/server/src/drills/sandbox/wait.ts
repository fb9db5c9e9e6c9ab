import { setTimeout as sleep } from "node:timers/promises";

/** Whoever asks a server more often takes the processor from what it waits for. */
const ASK_EVERY_MS = 150;

/** What was waited for did not come; the message says what. */
export class NotInTimeError extends Error {
  override readonly name = "NotInTimeError";
}

/**
 * Asks again until there is an answer.
 *
 * @throws NotInTimeError; and at once whatever `ask` throws
 */
export async function waitFor<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new NotInTimeError(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(ASK_EVERY_MS);
  }
}
