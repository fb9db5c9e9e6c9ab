import { sql } from "kysely";
import { liveNotice } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";

/** An agent's row is written when it is new, changes its pack, or was last written this long ago. */
const REFRESH_MS = 10_000;
const REMEMBERED_MAX = 10_000;

interface Sighting {
  readonly id: string;
  readonly pack: string | null;
  readonly seenMs: number;
}

/** Keeps the table of agents current without a write per event. */
export interface AgentsSeen {
  /** @param packs the agents of some events, each with the pack it named last @returns those whose rows need a write */
  findStale(packs: Iterable<readonly [id: string, pack: string | null]>, nowMs: number): Sighting[];
  /** after they were written */
  remember(written: readonly Sighting[]): void;
}

export function createAgentsSeen(): AgentsSeen {
  const known = new Map<string, Sighting>();
  return {
    findStale: (packs, nowMs) => {
      const stale = new Map<string, Sighting>();
      for (const [id, pack] of packs) {
        const last = stale.get(id) ?? known.get(id);
        const isFresh = last !== undefined && nowMs - last.seenMs < REFRESH_MS && (pack === null || pack === last.pack);
        if (!isFresh) stale.set(id, { id, pack: pack ?? last?.pack ?? null, seenMs: nowMs });
      }
      return [...stale.values()];
    },
    remember: (written) => {
      if (known.size + written.length > REMEMBERED_MAX) known.clear();
      for (const sighting of written.slice(0, REMEMBERED_MAX)) known.set(sighting.id, sighting);
    },
  };
}

/**
 * Writes the agents and tells live views of them, in one round trip and a transaction of its own. It need not reach the
 * disk by itself: the commit of their events, which follows, takes it along. In the order of ids, so that two nodes
 * cannot wait for each other.
 */
export async function writeAgents(kysely: Database["kysely"], sightings: readonly Sighting[]): Promise<void> {
  const rows = sightings.map(({ id, pack, seenMs }) => ({ id, pack, seen: new Date(seenMs).toISOString() }));
  await sql`
    with settings as materialized (select set_config('synchronous_commit', 'off', true) as commit),
    written as (
      insert into agents (id, pack, first_seen_at, last_seen_at)
      select id, pack, seen, seen
      from settings, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(id text, pack text, seen timestamptz)
      where settings.commit = 'off'
      order by id
      on conflict (id) do update set
        pack = coalesce(excluded.pack, agents.pack), last_seen_at = greatest(agents.last_seen_at, excluded.last_seen_at)
      returning id
    ),
    told as (select id from written limit ${LIVE_CHANGES_MAX})
    select ${liveNotice("agent", "told.id")} from told`.execute(kysely);
}

/** Watchers read the list of agents again anyway; a flood of new names need not be told one by one. */
const LIVE_CHANGES_MAX = 20;
