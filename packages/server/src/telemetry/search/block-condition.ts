import { sql } from "kysely";

/** @returns the condition that an event is of that day: with its `seq`, what makes it one of a block */
export function isOfDay(day: string) {
  const start = sql`(${sql.ref(day)}::timestamp at time zone 'UTC')`;
  return sql<boolean>`events.time >= ${start} and events.time < ${start} + interval '24 hours'`;
}
