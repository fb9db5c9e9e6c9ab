import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Trx } from "../../storage/index.ts";
import { isOfDay } from "./block-condition.ts";

/** Their oldest and newest time: tables in many parts are looked into only there. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Removes events, and what the index of the search keeps of them.
 *
 * @param seqs some thousand at most, or the transaction takes long
 * @returns how many there were
 */
export async function deleteEvents(trx: Trx, seqs: readonly string[], { fromMs, toMs }: Stretch): Promise<number> {
  // the index moves on only when this is done, so that an event is counted before its removal or not at all
  const { rows: states } = await sql<{ last_seq: string }>`select last_seq from event_index_state for update`.execute(
    trx,
  );
  const { rows: gone } = await sql<{ seq: string; day: string }>`
    with gone as (
      delete from events where seq = any(${[...seqs]}::bigint[])
        and time between ${toIso(fromMs)}::timestamptz and ${toIso(toMs)}::timestamptz
      returning seq, time, agent_id, coalesce(pack, '') as pack, kind, outcome, coalesce(risk, '') as risk
    ), changes as (
      select step, date_trunc(step, time, 'UTC') as at, case when step = 'day' then agent_id else '' end as agent_id,
        case when step = 'minute' then '' else pack end as pack, kind, outcome, risk, count(*) as events
      from gone, unnest(array['minute', 'hour', 'day']) as step
      where seq <= ${states[0]?.last_seq ?? "0"}::bigint group by 1, 2, 3, 4, 5, 6, 7
    ), counted as (
      update event_counts as kept set events = kept.events - changes.events from changes
      where (kept.step, kept.at, kept.agent_id, kept.pack, kept.kind, kept.outcome, kept.risk)
        = (changes.step, changes.at, changes.agent_id, changes.pack, changes.kind, changes.outcome, changes.risk)
    )
    select seq, (time at time zone 'UTC')::date::text as day from gone`.execute(trx);
  if (gone.length > 0) await forgetInBlocks(trx, gone);
  return gone.length;
}

/** Signatures stay until all older blocks are gone: they tell of no text, and only that a block is worth a look. */
async function forgetInBlocks(trx: Trx, gone: readonly { seq: string; day: string }[]): Promise<void> {
  await sql`
    with blocks as (
      select distinct block.first_seq from event_blocks as block
      join unnest(${gone.map(({ seq }) => seq)}::bigint[], ${gone.map(({ day }) => day)}::date[]) as gone(seq, of_day)
        on seq between first_seq and last_seq and of_day = day
    ), counted as (
      select block.first_seq, kept.* from blocks join event_blocks as block using (first_seq) cross join lateral (
        select count(*) as events, coalesce(sum(octet_length(body)), 0) as bytes from events
        where seq between block.first_seq and block.last_seq and ${isOfDay("block.day")}
      ) as kept
    )
    update event_blocks as block set events = counted.events, bytes = counted.bytes from counted
    where counted.first_seq = block.first_seq`.execute(trx);
  await trx.deleteFrom("event_blocks").where("events", "=", 0).execute();
  const oldest = sql`(select coalesce(min(min_time), 'infinity') from event_blocks)`;
  await sql`delete from event_segments where max_time < ${oldest}`.execute(trx);
  await sql`delete from event_signatures where max_time < ${oldest}`.execute(trx);
}
