import type { ColumnType } from "kysely";

/** A timestamptz column: read as Date, written as ISO text or Date. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
export type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
export type GeneratedTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;

/**
 * A jsonb column. Writers pass JSON text (`JSON.stringify`), so that arrays are never taken for PostgreSQL arrays.
 */
export type Json<T> = ColumnType<T, string, string>;
export type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
