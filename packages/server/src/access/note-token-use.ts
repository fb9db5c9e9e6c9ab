import { messageOf, toIso } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

interface Surroundings {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logger: Logger;
}

const TOGETHER_MS = 1_000;
const TOKENS_MAX = 5_000;

/**
 * Notes that tokens were used, beside the requests: nothing depends on it. Together, because each alone would be a commit, and
 * the gates of a fleet come all at once.
 */
export function createUseNotes({ database, clock, logger }: Surroundings): (tokenId: string) => void {
  const used = new Set<string>();
  const write = () => {
    const ids = [...used];
    used.clear();
    database.kysely
      .updateTable("api_tokens")
      .set({ last_used_at: toIso(clock.now()) })
      .where("id", "in", ids)
      .execute()
      .catch((fault: unknown) => {
        logger.warn("the use of tokens could not be noted", { tokens: ids.length, fault: messageOf(fault) });
      });
  };
  return (tokenId) => {
    if (used.size >= TOKENS_MAX) return;
    if (used.size === 0) setTimeout(write, TOGETHER_MS).unref();
    used.add(tokenId);
  };
}
