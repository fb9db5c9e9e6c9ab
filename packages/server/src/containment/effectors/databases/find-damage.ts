import type { Client } from "pg";
import { z } from "zod";
import { messageOf } from "../../../kernel/index.ts";
import { sqlStateOf } from "./postgres-place.ts";

const RELATIONS_MAX = 50_000;
const DAMAGED_MAX = 100;

export interface Damage {
  /** names of tables and indexes, with their schema */
  readonly damaged: readonly string[];
  /** why less than all was looked at; null: all of it was */
  readonly reason: string | null;
}

const relation = z.object({ name: z.string(), oid: z.coerce.number(), kind: z.enum(["table", "index"]) });
type Relation = z.output<typeof relation>;

/** Permanent tables, what they keep of long values, materialized views, and valid B-trees. */
const RELATIONS = `select c.oid::bigint as oid, format('%I.%I', n.nspname, c.relname) as name,
    case when c.relkind = 'i' then 'index' else 'table' end as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
    left join pg_am a on a.oid = c.relam
  where c.relpersistence = 'p' and (c.relkind in ('r', 'm') or (c.relkind = 'i' and a.amname = 'btree' and i.indisvalid))
  order by c.relkind desc, c.oid limit ${RELATIONS_MAX}`;

/**
 * Looks for damage with PostgreSQL's own amcheck, where that extension is in the database; without it, by reading every row,
 * which finds what cannot be read and not what merely is wrong. Changes nothing.
 */
export async function findDamage(client: Client, signal: AbortSignal): Promise<Damage> {
  const { rows } = await client.query(RELATIONS);
  const relations = z.array(relation).parse(rows);
  const schema = await findAmcheck(client);
  const damaged: string[] = [];
  const unseen: string[] = [];
  for (const one of relations) {
    if (signal.aborted || damaged.length >= DAMAGED_MAX) {
      unseen.push(one.name);
      continue;
    }
    const found = await lookAt(client, one, schema);
    if (found === "damaged") damaged.push(one.name);
    if (found === "unseen") unseen.push(one.name);
  }
  return { damaged, reason: reasonOf(unseen, schema, relations.length) };
}

function reasonOf(unseen: readonly string[], schema: string | null, count: number): string | null {
  const reasons = [
    ...(schema === null ? ["amcheck is not in this database (CREATE EXTENSION amcheck): rows were only read"] : []),
    ...(unseen.length > 0 ? [`${unseen.length} of ${count} could not be looked at, as ${unseen[0]}`] : []),
  ];
  return reasons.length === 0 ? null : reasons.join("; ");
}

async function findAmcheck(client: Client): Promise<string | null> {
  const { rows } = await client.query(
    "select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'amcheck'",
  );
  return z.array(z.object({ schema: z.string() })).parse(rows)[0]?.schema ?? null;
}

async function lookAt(client: Client, one: Relation, schema: string | null): Promise<"sound" | "damaged" | "unseen"> {
  try {
    if (schema === null) {
      // the text of a row needs all of it, also what is kept elsewhere
      if (one.kind === "table") await client.query(`select sum(length(t.*::text)) from ${one.name} t`);
      return "sound";
    }
    const query =
      one.kind === "index"
        ? `select ${schema}.bt_index_check($1::bigint::oid::regclass, true)`
        : `select 1 from ${schema}.verify_heapam($1::bigint::oid::regclass, check_toast => true) limit 1`;
    const { rowCount } = await client.query(query, [one.oid]);
    return one.kind === "table" && (rowCount ?? 0) > 0 ? "damaged" : "sound";
  } catch (fault) {
    return isDamage(fault) ? "damaged" : "unseen";
  }
}

/** Class XX: data or index corrupted, or what the server itself calls an internal error; 58: a file is gone or unreadable. */
function isDamage(fault: unknown): boolean {
  const state = sqlStateOf(fault);
  if (state === null) return false;
  return state.startsWith("XX") || state.startsWith("58") || /invalid page|could not read/.test(messageOf(fault));
}
