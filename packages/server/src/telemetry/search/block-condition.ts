import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/**
 * @returns the condition that an event is of that day: with its `seq`, what makes it one of a block. Written so that no index
 *   helps: PostgreSQL, which cannot know the day of a row that it has yet to read, takes a range of times for a rare one
 */
export function isOfDay(day: string): RawBuilder<boolean> {
  return sql<boolean>`(events.time at time zone 'UTC')::date = ${sql.ref(day)}`;
}

/** @returns the condition that events are of these days and those between them, as which it names their partitions */
export function isBetweenDays(first: string, last: string): RawBuilder<boolean> {
  return sql<boolean>`events.time >= ${`${first}T00:00:00Z`}::timestamptz
    and events.time < ${`${last}T00:00:00Z`}::timestamptz + interval '24 hours'`;
}
