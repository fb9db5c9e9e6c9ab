import { sql } from "kysely";
import { inTransaction } from "../../storage/index.ts";
import type { DueCondition, Trx } from "../../storage/index.ts";
import type { ReadContext } from "../read-events.ts";
import { signBlocks } from "./sign-blocks.ts";

/** Events that wait until then are found without the index: laying blocks for fewer would make many small ones. */
const WAITING_MIN = 1_024;
const EVENTS_AT_ONCE = 4_096;
const BLOCK_EVENTS_MAX = 256;
/** More text would fill the signature of a block. */
const BLOCK_BYTES_MAX = 192 * 1024;

export interface IndexPass {
  /** events that were laid into blocks */
  readonly events: number;
  /** blocks that got their signature */
  readonly blocks: number;
}

/**
 * Takes events into the index of the search in the order of their commits, a bounded number at a time, on one node at a
 * time. What it has not reached yet is searched all the same, only slower.
 *
 * @param waitingMin how many events must wait for it to begin
 */
export async function indexEvents(ctx: ReadContext, waitingMin = WAITING_MIN): Promise<IndexPass> {
  const events = await inTransaction(ctx.database, (trx) => layBlocks(trx, waitingMin));
  const blocks = await inTransaction(ctx.database, signBlocks);
  return { events, blocks };
}

/** Whether {@link indexEvents} would find enough that waits, or blocks without a signature. */
export const isIndexBehind: DueCondition = () => sql<boolean>`exists (
  select from event_index_state
  where (select last_value from events_seq) - last_seq >= ${WAITING_MIN}::int
    or exists (select from event_blocks where first_seq > signed_last_block))`;

/** @returns about how many events are not in the index, or not in it with a signature */
export async function countUnindexed(ctx: ReadContext): Promise<number> {
  const { rows } = await sql<{ events: string }>`
    select (select last_value from events_seq) - least(last_seq, signed_last_block) as events
    from event_index_state`.execute(ctx.database.kysely);
  return Number(rows[0]?.events ?? 0);
}

async function layBlocks(trx: Trx, waitingMin: number): Promise<number> {
  const { rows: states } = await sql<{ last_seq: string; newest: string | null }>`
    select last_seq, (select last_value from events_seq) as newest
    from event_index_state for update skip locked`.execute(trx);
  const [state] = states;
  if (state === undefined || BigInt(state.newest ?? 0) - BigInt(state.last_seq) < waitingMin) return 0;
  const { rows } = await sql<{ events: number; last_seq: string | null }>`
    with given as materialized (
      select seq, time, (time at time zone 'UTC')::date as day, octet_length(body) as bytes,
        agent_id, pack, session_id, run_id, source, kind, outcome, risk,
        strpos(body, ',"redacted":[') > 0 as redacted, strpos(body, ',"indicators":[') > 0 as indicators
      from events where seq > ${state.last_seq}::bigint order by seq limit ${EVENTS_AT_ONCE}
    ), numbered as (
      select *, floor(greatest(
        (row_number() over neighbours - 1)::float8 / ${BLOCK_EVENTS_MAX}::int,
        (sum(bytes) over neighbours - bytes)::float8 / ${BLOCK_BYTES_MAX}::int)) as block
      from given window neighbours as (partition by day order by seq)
    ), blocks as (
      insert into event_blocks (first_seq, last_seq, day, events, bytes, min_time, max_time, marks)
      select min(seq), max(seq), day, count(*), sum(bytes), min(time), max(time),
        ${MARKS}
      from numbered group by day, block
      on conflict (first_seq) do nothing
    ), per_minute as (
      select date_trunc('minute', time, 'UTC') as minute, agent_id, coalesce(pack, '') as pack, kind, outcome,
        coalesce(risk, '') as risk, count(*) as events
      from given group by 1, 2, 3, 4, 5, 6
    ), counts as (
      insert into event_counts as counted (step, at, agent_id, pack, kind, outcome, risk, events)
      select 'minute', minute, '', '', kind, outcome, risk, sum(events) from per_minute group by 1, 2, 3, 4, 5, 6, 7
      union all
      select 'hour', date_trunc('hour', minute, 'UTC'), '', pack, kind, outcome, risk, sum(events)
      from per_minute group by 1, 2, 3, 4, 5, 6, 7
      union all
      select 'day', date_trunc('day', minute, 'UTC'), agent_id, pack, kind, outcome, risk, sum(events)
      from per_minute group by 1, 2, 3, 4, 5, 6, 7
      on conflict (step, at, agent_id, pack, kind, outcome, risk) do update set events = counted.events + excluded.events
    )
    select count(*)::int as events, max(seq) as last_seq from given`.execute(trx);
  const [laid] = rows;
  if (laid === undefined || laid.last_seq === null) return 0;
  await trx.updateTable("event_index_state").set({ last_seq: laid.last_seq }).execute();
  return laid.events;
}

/** What conditions on columns ask for; each stands in the block when one of its events has it. */
const MARKS = sql.join(
  [
    sql`array_agg(distinct 'agent=' || agent_id)`,
    sql`array_agg(distinct 'kind=' || kind)`,
    sql`array_agg(distinct 'outcome=' || outcome)`,
    sql`array_agg(distinct 'source=' || source)`,
    ...["pack", "session", "run", "risk"].map((name) => {
      const column = sql.ref(name === "session" || name === "run" ? `${name}_id` : name);
      return sql`array_remove(array_agg(distinct ${sql.lit(`${name}=`)} || ${column}), null)`;
    }),
    sql`array_remove(array[case when bool_or(redacted) then 'has=redacted' end, case when bool_or(indicators) then 'has=indicators' end], null)`,
  ],
  sql` || `,
);
