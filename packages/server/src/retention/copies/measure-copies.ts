import { sql } from "kysely";
import type { Kysely } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { isHeld } from "../holds/active-holds.ts";
import type { ActiveHold } from "../holds/active-holds.ts";
import { isDue } from "../rows.ts";
import type { Amount } from "../rows.ts";
import type { Schedule, Stretch } from "../schedules.ts";
import { EVIDENCE } from "../stores.ts";

export interface CopiesAmount extends Amount {
  readonly place: string;
  readonly held: number;
  readonly lockedUntil: string | null;
}

/** Counts the copies of archives that are due, by the store that they are in; nothing is changed. */
export async function measureCopies(
  kysely: Kysely<Schema>,
  schedule: Schedule,
  stretch: Stretch,
  holds: readonly ActiveHold[],
): Promise<CopiesAmount[]> {
  const { rows } = await sql<{
    place: string;
    rows: number;
    bytes: number;
    held: number;
    oldest: Date;
    newest: Date;
    locked_until: Date | null;
  }>`select c.place, count(*)::float8 as rows, sum(c.bytes)::float8 as bytes,
      count(*) filter (where ${isHeld(EVIDENCE, holds)})::float8 as held,
      min(${sql.raw(EVIDENCE.ended)}) as oldest, max(${sql.raw(EVIDENCE.ended)}) as newest,
      max(c.locked_until) as locked_until
    from evidence_archives t join evidence_copies c on c.archive_id = t.id
    where ${isDue(EVIDENCE, schedule, stretch)} group by c.place order by c.place`.execute(kysely);
  return rows.map(({ locked_until, oldest, newest, ...counts }) => ({
    ...counts,
    oldest: toIso(oldest.getTime()),
    newest: toIso(newest.getTime()),
    lockedUntil: locked_until === null ? null : toIso(locked_until.getTime()),
  }));
}
