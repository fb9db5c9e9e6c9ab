import type { Original } from "../redaction/index.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/** What was taken out of one event, of one category, encrypted. */
export interface SealedOriginals {
  readonly eventId: string;
  readonly eventTime: string;
  readonly category: string;
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** Encrypts what was taken out of events; what its keys need is in the database when it resolves. */
export type SealOriginals = (
  items: readonly {
    readonly event: { readonly id: string; readonly time: string; readonly agentId: string };
    readonly originals: readonly Original[];
  }[],
) => Promise<readonly SealedOriginals[]>;

export async function sealRows(
  rows: readonly PreparedEvent[],
  seal: SealOriginals,
): Promise<readonly SealedOriginals[]> {
  const items = rows.flatMap(({ event: { id, time, agent }, originals }) =>
    originals.length === 0 ? [] : [{ event: { id, time, agentId: agent.id }, originals }],
  );
  return items.length === 0 ? [] : seal(items);
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
