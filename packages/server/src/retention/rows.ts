import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";
import { isHeld } from "./holds/active-holds.ts";
import type { ActiveHold } from "./holds/active-holds.ts";
import type { Schedule, Stretch } from "./schedules.ts";
import type { Store } from "./stores.ts";

/** @returns what is over, of that schedule, and ended in that stretch: a condition on `t` */
export function isDue(store: Store, schedule: Schedule, { fromMs, beforeMs }: Stretch): RawBuilder<boolean> {
  const from = fromMs === undefined ? sql`true` : sql`${sql.raw(store.ended)} >= ${toIso(fromMs)}`;
  return sql<boolean>`${sql.raw(store.ended)} < ${toIso(beforeMs)} and ${from}
    and ${sql.raw(store.settled)} and ${isOfSchedule(store, schedule)}`;
}

function isOfSchedule(store: Store, { pack, otherPacks }: Schedule): RawBuilder<boolean> {
  if (pack !== null) return isOfPack(store, pack);
  if (otherPacks.length === 0) return sql<boolean>`true`;
  return sql<boolean>`not (${sql.join(
    otherPacks.map((other) => isOfPack(store, other)),
    sql` or `,
  )})`;
}

/** What has no column for a pack is of it when it names the pack or one of its agents: rather kept too long than too short. */
function isOfPack(store: Store, pack: string): RawBuilder<boolean> {
  if (store.ofAgent) return sql<boolean>`coalesce(t.pack = ${pack}, false)`;
  return sql<boolean>`exists (
    select from (select ${pack} as name union select id from agents where agents.pack = ${pack}) named
    where t::text ~ ('(^|[^[:alnum:]_.-])' || regexp_replace(named.name, '([^[:alnum:]])', '\\\\\\1', 'g') || '([^[:alnum:]_.-]|$)'))`;
}

export interface Amount {
  readonly rows: number;
  readonly bytes: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

const amountColumns = (
  store: Store,
) => sql`count(*)::float8 as rows, coalesce(sum(pg_column_size(t.*)), 0)::float8 as bytes,
  min(${sql.raw(store.ended)}) as oldest, max(${sql.raw(store.ended)}) as newest`;

/** Counts what is due, and of it what these hold; nothing is changed. */
export async function measure(
  kysely: Kysely<Schema>,
  store: Store,
  schedule: Schedule,
  stretch: Stretch,
  holds: readonly ActiveHold[],
): Promise<Amount & { readonly held: number; readonly cases: string[] }> {
  const byHold = holds.map(
    (hold, at) => sql`count(*) filter (where ${isHeld(store, [hold])})::float8 as ${sql.ref(`hold_${at}`)}`,
  );
  const { rows } = await sql<Record<string, unknown>>`
    select ${amountColumns(store)}, count(*) filter (where ${isHeld(store, holds)})::float8 as held
      ${byHold.length === 0 ? sql`` : sql`, ${sql.join(byHold)}`}
    from ${sql.table(store.table)} t where ${isDue(store, schedule, stretch)}`.execute(kysely);
  const [row = {}] = rows;
  const text = (value: unknown) => (value instanceof Date ? toIso(value.getTime()) : null);
  const cases = holds.filter((_, at) => Number(row[`hold_${at}`]) > 0).map(({ caseId }) => caseId);
  return {
    rows: Number(row["rows"]),
    bytes: Number(row["bytes"]),
    oldest: text(row["oldest"]),
    newest: text(row["newest"]),
    held: Number(row["held"]),
    cases: [...new Set(cases)],
  };
}
