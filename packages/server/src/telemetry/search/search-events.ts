import type { EventFilters, EventPage } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { readStoredEvent, readTextKey, toView } from "../read-events.ts";
import type { StoredBody } from "../read-events.ts";
import { readSearch, toConditions } from "./conditions.ts";
import type { Walk } from "./find-blocks.ts";
import { formatPlace, parsePlace } from "./search-place.ts";
import type { SearchPlace } from "./search-place.ts";
import { inSearch } from "./search-transaction.ts";
import type { Patience, SearchContext } from "./search-transaction.ts";
import { inTime, walkBlocks } from "./walk-blocks.ts";

export interface EventSearch extends EventFilters {
  /** by the events' own time; default newest first */
  readonly order?: "newest" | "oldest" | undefined;
  /** `next` of the page before */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;
const NEAR_MAX = 3_000;

/**
 * Stored events in the order of their own time, page by page.
 *
 * @param nearMax how many events of one agent, session or high risk are looked at before blocks are asked
 * @throws FirebreakError bad_request for what cannot be read: a text, a path, an `after`
 */
export async function searchEvents(
  ctx: SearchContext,
  question: EventSearch,
  nearMax: number = NEAR_MAX,
): Promise<EventPage> {
  const { order = "newest", after, limit, ...filters } = question;
  const count = Math.max(1, Math.min(limit ?? PAGE_DEFAULT, PAGE_MAX));
  const place = after === undefined ? null : parsePlace(after);
  const walk = beginAt(place, { search: readSearch(filters), order, limit: count + 1 });
  const { rows, edgeMs } = await inSearch(ctx, async (trx, patience) => {
    const near = await readNear(trx, walk, nearMax);
    return near === null ? collect(trx, walk, place, patience) : { rows: near, edgeMs: null };
  });
  const isMore = rows.length > count;
  const items = rows.slice(0, count).map((row) => toView(readStoredEvent(row)));
  if (isMore || edgeMs === null) {
    const last = isMore ? rows[count - 1] : undefined;
    const next = last === undefined ? null : formatPlace({ timeMs: last.time.getTime(), seq: last.seq });
    return { items, next, searchedBackTo: null };
  }
  // everything beyond the edge is in the page, and nothing else
  const onwards = { timeMs: order === "newest" ? edgeMs + 1 : edgeMs, seq: "0" };
  return { items, next: formatPlace(onwards), searchedBackTo: toIso(edgeMs) };
}

function beginAt(place: SearchPlace | null, walk: Pick<Walk, "search" | "order" | "limit">): Walk {
  const { sinceMs, untilMs } = walk.search;
  const lastMs = untilMs === null ? null : untilMs - 1;
  if (place === null) return { ...walk, fromMs: sinceMs, toMs: lastMs, where: [] };
  const { timeMs, seq } = place;
  const beyond = walk.order === "newest" ? sql`<` : sql`>`;
  const where = [sql`(time, seq) ${beyond} (${toIso(timeMs)}::timestamptz, ${seq}::bigint)`];
  return walk.order === "newest"
    ? { ...walk, fromMs: sinceMs, toMs: Math.min(lastMs ?? timeMs, timeMs), where }
    : { ...walk, fromMs: Math.max(sinceMs ?? timeMs, timeMs), toMs: lastMs, where };
}

interface Row extends StoredBody {
  readonly time: Date;
}

/** @returns the first rows in the order wanted, and up to where nothing is missing: null when nothing is at all */
async function collect(
  trx: Trx,
  walk: Walk,
  place: SearchPlace | null,
  patience: Patience,
): Promise<{ rows: readonly Row[]; edgeMs: number | null }> {
  const limit = walk.limit ?? 0;
  const direction = directionOf(walk);
  const so = { rows: 0 };
  let rows: Row[] = [];
  for await (const { fitting, edgeMs } of walkBlocks(trx, walk, so)) {
    const found = await sql<Row>`
      select fitting.seq, fitting.time, fitting.body from ${fitting}
      order by fitting.time ${direction}, fitting.seq ${direction} limit ${limit}`.execute(trx);
    rows = [...rows, ...found.rows].toSorted(compareBy(walk.order)).slice(0, limit);
    so.rows = rows.length;
    if (edgeMs === null) break;
    const complete = rows.filter(({ time }) => isBeyond(time.getTime(), edgeMs, walk.order));
    if (complete.length === limit) break;
    if (patience.isOver() && isBeyond(place?.timeMs ?? BEGINNING[walk.order], edgeMs, walk.order))
      return { rows: complete, edgeMs };
  }
  return { rows, edgeMs: null };
}

const directionOf = ({ order }: Walk) => (order === "newest" ? sql`desc` : sql`asc`);

const INDEXED_RISKS: readonly string[] = ["high", "critical"];

/**
 * The page of a question about one agent, session or high risk, when the nearest of their events fill it or are all there are.
 *
 * @returns null when it takes more, or text must be looked for
 */
async function readNear(trx: Trx, walk: Walk, most: number): Promise<readonly Row[] | null> {
  const indexed = indexedConditions(walk);
  if (indexed.length === 0 || walk.search.terms.length + walk.search.paths.length > 0) return null;
  const limit = walk.limit ?? 0;
  const direction = directionOf(walk);
  const ofThem = [...indexed, ...inTime(walk), ...walk.where];
  const fits = [sql`true`, ...toConditions(walk.search)];
  const nearMax = isOnlyAbout(walk) ? limit : most;
  const { rows } = await sql<Row & { looked: number }>`
    with near as materialized (
      select * from events where ${sql.join(ofThem, sql` and `)}
      order by time ${direction}, seq ${direction} limit ${nearMax}
    ), fitting as (
      select seq, time, body from near as events where ${sql.join(fits, sql` and `)}
      order by time ${direction}, seq ${direction} limit ${limit}
    )
    select fitting.*, looked from (select count(*)::int as looked from near) as counted left join fitting on true
    order by fitting.time ${direction}, fitting.seq ${direction}`.execute(trx);
  const found = rows.filter(({ body }) => body !== null);
  return found.length === limit || (rows[0]?.looked ?? 0) < nearMax ? found : null;
}

function indexedConditions({ search: { filters } }: Walk) {
  const { agent, session, risk = [] } = filters;
  const [only = "", ...others] = risk;
  // as the index on them says it
  const isRisky = sql`risk in ('high', 'critical') and risk = ${only}`;
  return [
    ...(agent === undefined ? [] : [sql`agent_id = ${readTextKey("agent", agent)}`]),
    ...(session === undefined ? [] : [sql`session_id = ${readTextKey("session", session)}`]),
    ...(others.length === 0 && INDEXED_RISKS.includes(only) ? [isRisky] : []),
  ];
}

/** All of their events fit. */
function isOnlyAbout({ search: { filters } }: Walk): boolean {
  const { agent: _agent, session: _session, since: _since, until: _until, ...others } = filters;
  return Object.values(others).every((value) => value === undefined);
}

const BEGINNING = { newest: Number.POSITIVE_INFINITY, oldest: Number.NEGATIVE_INFINITY } as const;

function isBeyond(timeMs: number, edgeMs: number, order: Walk["order"]): boolean {
  return order === "newest" ? timeMs > edgeMs : timeMs < edgeMs;
}

function compareBy(order: Walk["order"]): (a: Row, b: Row) => number {
  const sign = order === "newest" ? -1 : 1;
  return (a, b) => sign * (a.time.getTime() - b.time.getTime() || Number(BigInt(a.seq) - BigInt(b.seq)));
}
