import type pg from "pg";

/**
 * Not data: what nodes say of themselves, the record of migrations and the index of the search, which the target writes
 * itself.
 */
const leftOut = new Set([
  "nodes",
  "schema_migrations",
  "event_index_state",
  "event_blocks",
  "event_signatures",
  "event_segments",
  "event_counts",
]);

/**
 * The tables of Firebreak, those that others refer to first. A partitioned table stands for its partitions.
 *
 * @throws Error when tables refer to each other in a circle, which a migration must not make
 */
export async function listTables(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string; refers: string[] }>(`
    select c.relname as name, coalesce(array_agg(distinct f.relname::text) filter (where f.oid <> c.oid), '{}') as refers
    from pg_class c
    left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f'
    left join pg_class f on f.oid = k.confrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    group by c.relname order by c.relname`);
  const waiting = new Map(rows.filter(({ name }) => !leftOut.has(name)).map(({ name, refers }) => [name, refers]));
  const ordered: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, refers]) => refers.every((name) => !waiting.has(name))).map(([name]) => name);
    if (ready.length === 0)
      throw new Error(`tables refer to each other in a circle: ${[...waiting.keys()].join(", ")}`);
    for (const name of ready) waiting.delete(name);
    ordered.push(...ready);
  }
  return ordered;
}

export async function listPartitions(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relispartition and relkind = 'r' and relname ~ '^events_p[0-9]{8}$' order by 1",
  );
  return rows.map(({ name }) => name);
}

/** @returns the sequences that were used, with their last value */
export async function listSequences(client: pg.ClientBase): Promise<{ name: string; last: string }[]> {
  const { rows } = await client.query<{ name: string; last: string }>(
    "select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'public' and last_value is not null order by 1",
  );
  return rows;
}

/** Tables into which a migration puts the one row that they hold: a database is empty with it, and an import replaces it. */
export const SEEDED: readonly string[] = ["indicator_look_back", "indicator_version", "retention_state"];
