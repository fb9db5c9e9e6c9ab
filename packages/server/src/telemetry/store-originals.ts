import { keyOf } from "./event-key.ts";
import type { TakenOut } from "./prepared-batch.ts";

/** What was taken out of one event, of one category, encrypted. */
export interface SealedOriginals {
  readonly eventId: string;
  readonly eventTime: string;
  readonly category: string;
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** Encrypts what was taken out of events; what its keys need is in the database when it resolves. */
export type SealOriginals = (items: readonly TakenOut[]) => Promise<readonly SealedOriginals[]>;

/** Of two events of one id and time only the first is stored. */
export async function sealOnce(items: readonly TakenOut[], seal: SealOriginals): Promise<readonly SealedOriginals[]> {
  if (items.length === 0) return [];
  const first = new Map(items.toReversed().map((item) => [keyOf(item.event.id, item.event.time), item]));
  return seal([...first.values()].toReversed());
}

const COLUMNS = ["id", "time", "category", "key_id", "sealed"] as const;

/**
 * Part of the statement that stores events, so that no event is there without its originals and no original without its
 * event: a repeat, which is not stored again, brings none.
 *
 * @param first number of the first of five parameters
 */
export function storeOriginalsSql(first: number): string {
  const lists = COLUMNS.map((_, index) => `string_to_array($${first + index}::text, chr(10))`).join(", ");
  return `kept as (
    insert into originals (event_id, event_time, category, key_id, sealed)
    select given.id, stored.time, given.category, given.key_id, decode(given.sealed, 'base64')
    from unnest(${lists}) as given (${COLUMNS.join(", ")})
    join stored on stored.id = given.id and stored.time = given.time::timestamptz
  ),`;
}

export function toOriginalColumns(sealed: readonly SealedOriginals[]): string[] {
  const column = (read: (row: SealedOriginals) => string) => sealed.map(read).join("\n");
  return [
    column(({ eventId }) => eventId),
    column(({ eventTime }) => eventTime),
    column(({ category }) => category),
    column(({ keyId }) => keyId),
    column((row) => row.sealed.toString("base64")),
  ];
}
