import { sql } from "kysely";
import { FirebreakError, codeOf, createTurnstile } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import type { ReadContext } from "../read-events.ts";

export interface SearchContext extends ReadContext {
  readonly clock: Clock;
}

/** After it a search answers with what it has. */
const ENOUGH_MS = 3_000;
const STATEMENT_MAX_MS = 5_000;
/** Of the connections of a node; the others stay for what comes in. */
const SEARCHES_AT_ONCE = 3;
const SEARCHES_WAITING_MAX = 24;
const turnstile = createTurnstile(SEARCHES_AT_ONCE);

const CANCELLED = "57014";

/**
 * One look at the database as it is now, in which no statement may take long: a search never stands in the way of what
 * comes in. Scans of whole tables are nearly forbidden to the planner, which knows little about blocks.
 */
export async function inSearch<T>(ctx: SearchContext, ask: (trx: Trx, patience: Patience) => Promise<T>): Promise<T> {
  if (turnstile.waiting() >= SEARCHES_WAITING_MAX) {
    throw new FirebreakError("too_many_requests", "Too many searches wait for the database. Try again in a moment.", {
      retryAfterSeconds: 5,
    });
  }
  return turnstile.pass(() => lookAtOnce(ctx, ask));
}

async function lookAtOnce<T>(ctx: SearchContext, ask: (trx: Trx, patience: Patience) => Promise<T>): Promise<T> {
  const startedMs = ctx.clock.monotonicMs();
  const patience = { isOver: () => ctx.clock.monotonicMs() - startedMs > ENOUGH_MS };
  const transaction = ctx.database.kysely.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  try {
    return await transaction.execute(async (trx) => {
      await sql`select set_config('statement_timeout', ${String(STATEMENT_MAX_MS)}, true), set_config('enable_seqscan', 'off', true)`.execute(
        trx,
      );
      return ask(trx, patience);
    });
  } catch (fault) {
    if (codeOf(fault) !== CANCELLED) throw fault;
    throw new FirebreakError(
      "storage_unavailable",
      "The search took too long and was stopped. Search a shorter time (since, until), or add a filter such as agent or kind.",
    );
  }
}

export interface Patience {
  readonly isOver: () => boolean;
}
