import type pg from "pg";

/**
 * The schema as PostgreSQL's catalog has it: tables with columns, then constraints, indexes and sequences, sorted, one
 * a line. Daily partitions and other schemas are left out. The same on every supported server version.
 */
export async function describeSchema(client: pg.ClientBase | pg.Pool): Promise<string> {
  const { rows } = await client.query<{ line: string }>(schemaQuery);
  return `${rows.map(({ line }) => line).join("\n")}\n`;
}

const schemaQuery = `
with tables as (
  select c.oid, c.relname, c.relkind, c.relispartition from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname !~ '^events_p[0-9]{8}$'
), lines as (
  select relname as owner, 0 as part, '' as key,
    'table ' || relname || case when relkind = 'p' then ' partition by ' || pg_get_partkeydef(oid) else '' end
      || case when relispartition then ' is a partition' else '' end as line
  from tables
  union all
  select t.relname, 1, lpad(a.attnum::text, 4, '0'),
    '  column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end
      || case a.attidentity when 'a' then ' identity always' when 'd' then ' identity by default' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select t.relname, 2, c.conname, '  constraint ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
  from tables t join pg_constraint c on c.conrelid = t.oid and c.contype <> 'n'
  union all
  select t.relname, 3, i.relname, '  index ' || pg_get_indexdef(i.oid)
  from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
  union all
  select '~' || c.relname, 4, '', 'sequence ' || c.relname || ' ' || format_type(s.seqtypid, null)
  from pg_class c join pg_sequence s on s.seqrelid = c.oid where c.relnamespace = 'public'::regnamespace
)
select line from lines order by owner collate "C", part, key collate "C", line collate "C"`;
