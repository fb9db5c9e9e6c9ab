import { equalsInConstantTime, hashSecret } from "../access/index.ts";
import type { Clock } from "../kernel/index.ts";
import { sql } from "kysely";
import { notifyLive } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import { toSource } from "./source.ts";
import type { Source, SourceRow } from "./source.ts";

/** Sources are read anew this often: the longest that a rotation or removal takes on other nodes. */
const CACHE_MS = 5_000;
export const SOURCES_MAX = 500;

/** Every source in memory, so that a wrong key costs no question to the database; and what was heard of each since the last flush. */
export interface SourceDirectory {
  /** @returns the source that the key belongs to, or null */
  findByKey(key: string): Promise<Source | null>;
  /** by its name, or one that it had until shortly before */
  findByName(name: string): Promise<Source | null>;
  /** Reads all sources anew at the next use. */
  forget(): void;
  /** Notes that a message came and was taken in or refused. */
  count(name: string, what: "accepted" | "refused"): void;
  /** Writes what was counted. What a crash takes is the counts of the last second. */
  flush(): Promise<void>;
}

interface Heard {
  accepted: number;
  refused: number;
  atMs: number;
}

export function createSourceDirectory({
  database,
  clock,
}: {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}): SourceDirectory {
  let known: { readonly rows: readonly SourceRow[]; readonly untilMs: number } | undefined;
  let heard = new Map<string, Heard>();

  const rows = async () => {
    if (known !== undefined && known.untilMs > clock.monotonicMs()) return known.rows;
    const found = await database.kysely.selectFrom("sources").selectAll().limit(SOURCES_MAX).execute();
    known = { rows: found, untilMs: clock.monotonicMs() + CACHE_MS };
    return found;
  };
  return {
    findByKey: async (key) => {
      const row = findRow(await rows(), hashSecret(key), clock.now());
      return row === undefined ? null : toSource(row);
    },
    findByName: async (name) => {
      const all = await rows();
      const row = all.find((one) => one.name === name) ?? all.find((one) => wasCalled(one, name, clock.now()));
      return row === undefined ? null : toSource(row);
    },
    forget: () => (known = undefined),
    count: (name, what) => {
      const entry = heard.get(name) ?? { accepted: 0, refused: 0, atMs: 0 };
      entry[what] += 1;
      entry.atMs = clock.now();
      heard.set(name, entry);
    },
    flush: async () => {
      const counted = heard;
      heard = new Map();
      for (const [name, entry] of counted) await writeCounts(database, name, entry);
    },
  };
}

function wasCalled({ previous_name: before, previous_name_until: until }: SourceRow, name: string, nowMs: number) {
  return before === name && until !== null && until.getTime() > nowMs;
}

/** Looks at every source, so that the time does not tell which one is near. */
function findRow(rows: readonly SourceRow[], hash: string, nowMs: number): SourceRow | undefined {
  let found: SourceRow | undefined;
  for (const row of rows) {
    const isPreviousGood = row.previous_key_until !== null && row.previous_key_until.getTime() > nowMs;
    const isOwn = equalsInConstantTime(hash, row.key_hash);
    const isPrevious = equalsInConstantTime(hash, row.previous_key_hash ?? "") && isPreviousGood;
    if (isOwn || isPrevious) found = row;
  }
  return found;
}

async function writeCounts(database: Pick<Database, "kysely">, name: string, entry: Heard): Promise<void> {
  await database.kysely.transaction().execute(async (trx) => {
    await sql`
      update sources set accepted = accepted + ${entry.accepted}, refused = refused + ${entry.refused},
        last_heard_at = greatest(last_heard_at, ${new Date(entry.atMs)})
      where name = ${name}`.execute(trx);
    await notifyLive(trx, "source", name);
  });
}
