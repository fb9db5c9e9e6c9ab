import { sql } from "kysely";
import type { IndicatorHit } from "@firebreak/protocol";
import type { Clock, Logger } from "../kernel/index.ts";
import type { Database, DueCondition } from "../storage/index.ts";
import { IndicatorSet } from "./indicator-set.ts";
import type { Entry } from "./indicator-set.ts";
import { readVersion } from "./version.ts";
import { laterNumber } from "../storage/index.ts";

export interface IndicatorWatch {
  /** @returns the indicators met in an event, as of the last look at the list */
  readonly match: (texts: { readonly resource?: string | undefined; readonly data?: unknown }) => IndicatorHit[];
  /** Reads the list again when it changed since the last look. */
  readonly reloadIfChanged: () => Promise<void>;
  /** whether it changed since the last look */
  readonly isChanged: DueCondition;
}

const ROWS_PER_READ = 10_000;

/** The list of the database in the memory of this node. Every node looks for changes by itself. */
export function watchIndicators(ctx: {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logger: Logger;
}): IndicatorWatch {
  let version = -1;
  let set = new IndicatorSet([]);
  return {
    isChanged: () => sql<boolean>`(select version from indicator_version) <> ${laterNumber(() => version)}`,
    match: (texts) => set.match(texts, ctx.clock.now()),
    reloadIfChanged: async () => {
      // before the rows: what is committed in between is read again by the next look
      const current = await readVersion(ctx.database);
      if (current === version) return;
      set = new IndicatorSet(await readEntries(ctx.database));
      if (set.size > 0 || version >= 0) ctx.logger.info("the indicators were read", { indicators: set.size });
      version = current;
    },
  };
}

async function readEntries(database: Pick<Database, "kysely">): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of readEntryPages(database)) entries.push(...page);
  return entries;
}

/** Versions of the list with which an indicator came: after the first, up to the second. */
export interface VersionRange {
  readonly after: number;
  readonly through: number;
}

/** The list as it is matched, page by page; with a range what came in it, and all that is allowed. */
export async function* readEntryPages(
  { kysely }: Pick<Database, "kysely">,
  range?: VersionRange,
): AsyncGenerator<Entry[]> {
  for (let after = ""; ;) {
    let query = kysely
      .selectFrom("indicators")
      .select(["id", "effect", "type", "value", "source", "severity", "expires_at"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(ROWS_PER_READ);
    if (range !== undefined) {
      query = query.where((row) =>
        row.or([
          row("effect", "=", "allow"),
          row.and([row("since_version", ">", range.after), row("since_version", "<=", range.through)]),
        ]),
      );
    }
    const rows = await query.execute();
    yield rows.map(({ expires_at: expiresAt, ...row }) => ({ ...row, expiresMs: expiresAt?.getTime() }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_PER_READ) return;
    after = last.id;
  }
}
