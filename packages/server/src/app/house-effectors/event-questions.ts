import type { EventFilters, EventView } from "@firebreak/protocol";
import { z } from "zod";
import type { EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { FirebreakError, messageOf, toIso } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { readSearch, searchEvents } from "../../telemetry/index.ts";

/** Events that one question looks at, at most; the answer says when there are more. */
export const EVENTS_MAX = 10_000;
const PAGE = 500;
/** Named in an answer. */
export const EVENT_IDS_MAX = 20;

/** A month: what is kept of events is rarely older, and a search of more is seldom whole. */
export const sinceMinutes = z.number().min(0.1).max(44_640);

/** Words of a search, and conditions on the record among them: `curl kind=command data.exit_code!=0`. */
export const eventQuery = z
  .string()
  .trim()
  .min(1)
  .max(1024)
  .superRefine((text, issues) => {
    try {
      readSearch(filtersOf(text));
    } catch (fault) {
      if (!(fault instanceof FirebreakError)) throw fault;
      issues.addIssue({ code: "custom", message: messageOf(fault) });
    }
  });

const WORDS = /\S*"(?:\\.|[^"\\])*"\S*|\S+/g;
const CONDITION =
  /^(?:id|time|kind|outcome|risk|resource|source|agent|data|indicators|redacted)(?:[.[][\w."[\]-]*)?(?:!=|>=|<=|[=<>~])/;

/** @returns the query as the search takes it: conditions apart from words */
export function filtersOf(query: string): Pick<EventFilters, "text" | "path"> {
  const words = query.match(WORDS) ?? [];
  const path = words.filter((word) => CONDITION.test(word));
  const text = words.filter((word) => !CONDITION.test(word)).join(" ");
  return { ...(text === "" ? {} : { text }), ...(path.length === 0 ? {} : { path }) };
}

/** The same question of the last minutes. */
export function since(ctx: Pick<EffectorContext, "clock">, minutes: number): { since: string } {
  return { since: toIso(ctx.clock.now() - minutes * 60_000) };
}

/**
 * Looks at the newest events of a question, page by page.
 *
 * @returns whether these were all of them
 */
export async function eachEvent(
  { database, ctx }: { readonly database: Database; readonly ctx: EffectorContext },
  filters: EventFilters,
  look: (event: EventView) => void,
): Promise<boolean> {
  let after: string | undefined;
  for (let seen = 0; seen < EVENTS_MAX;) {
    ctx.signal.throwIfAborted();
    const page = await searchEvents({ database, clock: ctx.clock }, { ...filters, after, limit: PAGE });
    for (const event of page.items) look(event);
    seen += page.items.length;
    if (page.next === null) return true;
    // it took so long that only a part was looked at
    if (page.searchedBackTo !== null) return false;
    after = page.next;
  }
  return false;
}

/** What the database cannot answer now is not an answer. */
export async function asking(
  ctx: Pick<EffectorContext, "signal">,
  ask: () => Promise<EffectorOutcome>,
): Promise<EffectorOutcome> {
  try {
    return await ask();
  } catch (fault) {
    if (ctx.signal.aborted)
      return { ok: false, reason: "timed_out", message: "the events were not looked at to the end" };
    if (!(fault instanceof FirebreakError)) throw fault;
    const isBusy = fault.code === "too_many_requests" || fault.code === "storage_unavailable";
    return { ok: false, reason: isBusy ? "unavailable" : "conflict", message: fault.message };
  }
}
