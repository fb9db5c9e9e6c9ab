import type { EventFilters, EventPage } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import { readStoredEvent, toView } from "../read-events.ts";
import type { ReadContext, StoredBody } from "../read-events.ts";
import { readSearch, toConditions } from "./conditions.ts";
import { formatPlace, parsePlace } from "./search-place.ts";

export interface EventSearch extends EventFilters {
  /** by the events' own time; default newest first */
  readonly order?: "newest" | "oldest" | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;

/**
 * Stored events in the order of their own time, page by page.
 *
 * @throws FirebreakError bad_request for what cannot be read: a text, a path, an `after`
 */
export async function searchEvents(
  ctx: ReadContext,
  { order, after, limit, ...filters }: EventSearch,
): Promise<EventPage> {
  const search = readSearch(filters);
  const count = Math.max(1, Math.min(limit ?? PAGE_DEFAULT, PAGE_MAX));
  const direction = order === "oldest" ? sql`asc` : sql`desc`;
  const conditions = [...toConditions(search)];
  if (search.sinceMs !== null) conditions.push(sql`time >= ${toIso(search.sinceMs)}::timestamptz`);
  if (search.untilMs !== null) conditions.push(sql`time < ${toIso(search.untilMs)}::timestamptz`);
  if (after !== undefined) {
    const place = parsePlace(after);
    const beyond = order === "oldest" ? sql`>` : sql`<`;
    conditions.push(sql`(time, seq) ${beyond} (${toIso(place.timeMs)}::timestamptz, ${place.seq}::bigint)`);
  }
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
  const { rows } = await sql<StoredBody>`
    select seq, body from events where ${where}
    order by time ${direction}, seq ${direction} limit ${count + 1}`.execute(ctx.database.kysely);
  const items = rows.slice(0, count).map((row) => toView(readStoredEvent(row)));
  const last = items.at(-1);
  const next =
    rows.length > count && last !== undefined
      ? formatPlace({ timeMs: Date.parse(last.time), seq: String(last.seq) })
      : null;
  return { items, next, searchedBackTo: null };
}
