import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Compilable, Kysely, RawBuilder } from "kysely";
import type { Clock } from "../kernel/index.ts";
import type { Database } from "./connect.ts";
import type { Schema } from "./schema.ts";

/** A time in a statement. */
export type Instant = RawBuilder<Date>;

/** Whether there is something to do. Rows are sought by `now` alone; it changes nothing and locks nothing. */
export type DueCondition = (kysely: Kysely<Schema>, now: Instant) => RawBuilder<boolean>;

/** A parameter that is read each time the statement is sent. */
class Later {
  readonly read: () => unknown;

  constructor(read: () => unknown) {
    this.read = read;
  }
}

/** @returns the time as a value of a statement */
export const instant = (atMs: number): Instant => sql<Date>`${new Date(atMs)}::timestamptz`;

/** @returns a number of which a condition is told anew each time it is asked */
export const laterNumber = (read: () => number): RawBuilder<number> => sql<number>`${new Later(read)}::float8`;

/** @returns the same for what is so or not */
export const laterFlag = (read: () => boolean): RawBuilder<boolean> => sql<boolean>`${new Later(read)}::boolean`;

/** @returns whether the query has rows */
export const anyRow = (query: Compilable & { toOperationNode(): unknown }): RawBuilder<boolean> =>
  sql<boolean>`exists (${query})`;

/** Asks of many conditions at once which of them are met. @returns the names of those among the ones asked for */
export type DueQuestion = (names: ReadonlySet<string>) => Promise<Set<string>>;

/**
 * One prepared statement for all: what it costs to look is mostly the way to the database. Of a condition that is not asked for
 * nothing is read.
 */
export function createDueQuestion(
  { kysely, pool }: Pick<Database, "kysely" | "pool">,
  clock: Clock,
  conditions: ReadonlyMap<string, DueCondition>,
): DueQuestion {
  if (conditions.size === 0) return async () => new Set();
  let asked: ReadonlySet<string> = new Set();
  const now = sql<Date>`(select at from clock)`;
  const flags = [...conditions].map(([name, condition]) => {
    return sql`case when ${laterFlag(() => asked.has(name))} and (${condition(kysely, now)}) then ${name}::text end`;
  });
  const { sql: text, parameters } = sql`
    with clock as materialized (select ${new Later(() => new Date(clock.now()))}::timestamptz as at)
    select name from unnest(array[${sql.join(flags)}]) as due (name) where name is not null`.compile(kysely);
  const statement = `due-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  return async (names) => {
    asked = names;
    const values = parameters.map((value) => (value instanceof Later ? value.read() : value));
    const { rows } = await pool.query<{ name: string }>({ name: statement, text, values });
    return new Set(rows.map(({ name }) => name));
  };
}
