import { ensureEventPartitions, rehomeEvents } from "../storage/index.ts";
import { countUnindexed, isIndexBehind } from "../telemetry/index.ts";
import type { Daemon } from "./daemons.ts";
import type { House } from "./house.ts";

const HOUR_MS = 3_600_000;
/** The index works for a third of the time at most: what is not in it yet is found all the same. */
const INDEX_WORKS_MS = 200;
const INDEX_RESTS_MS = 400;
/** While events wait to be stored, so many may wait for the index: storing goes first, and a search reads them in moments. */
const UNINDEXED_UNDER_LOAD_MAX = 30_000;

/** What keeps the tables of events and the index of their search in shape. */
export function eventStoreDaemons({
  bookkeeper,
  database,
  clock,
  intake,
}: Pick<House, "bookkeeper" | "database" | "clock" | "intake">): Daemon[] {
  return [
    {
      name: "partitions",
      everyMs: HOUR_MS,
      run: async () => {
        await ensureEventPartitions(database.kysely, clock.now());
        await rehomeEvents(database.kysely);
      },
    },
    {
      name: "index of the search",
      everyMs: INDEX_RESTS_MS,
      due: isIndexBehind,
      run: async () => {
        const isBusy = intake.stats().queuedEvents > 0;
        if (isBusy && (await countUnindexed({ database })) < UNINDEXED_UNDER_LOAD_MAX) return;
        const startedMs = clock.monotonicMs();
        while (await bookkeeper.work("index")) if (clock.monotonicMs() - startedMs > INDEX_WORKS_MS) return;
      },
    },
  ];
}
