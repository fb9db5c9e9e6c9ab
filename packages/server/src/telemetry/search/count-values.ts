import type { EventFacets, EventFilters } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import { readSearch } from "./conditions.ts";
import { countDirectly, countUnindexed } from "./count-events.ts";
import type { Count } from "./count-events.ts";
import { chooseKeptCounts, keptCountsOf } from "./kept-counts.ts";
import { readPeriod } from "./period.ts";
import { inSearch } from "./search-transaction.ts";
import type { SearchContext } from "./search-transaction.ts";

export interface FacetsQuestion extends EventFilters {
  /** values of each facet at most */
  readonly top: number;
}

interface Row {
  /** null: all events */
  readonly facet: string | null;
  readonly value: string | null;
  /** null: the sum of none */
  readonly count: string | null;
}

const COLUMNS = sql`
  case when grouping(pack) = 0 then 'pack' when grouping(agent_id) = 0 then 'agent' when grouping(kind) = 0 then 'kind'
    when grouping(outcome) = 0 then 'outcome' when grouping(risk) = 0 then 'risk' end as facet,
  coalesce(pack, agent_id, kind, outcome, risk) as value`;
const GROUPS = sql`grouping sets ((), (pack), (agent_id), (kind), (outcome), (risk))`;

/** The values that most events of a search have. */
export async function countValues(ctx: SearchContext, question: FacetsQuestion): Promise<EventFacets> {
  const { top, ...filters } = question;
  const search = readSearch(filters);
  const period = readPeriod(search, ctx.clock.now());
  const tally = new Tally();
  const count: Count<Row> = {
    columns: sql`${COLUMNS}, count(*) as count`,
    groups: GROUPS,
    add: (row) => tally.add(row),
  };
  const stoppedAtMs = await inSearch(ctx, async (trx, patience) => {
    const kept = chooseKeptCounts(search, period, null, ["agent"]);
    if (kept === null) return countDirectly(trx, search, period, count, patience);
    const { rows } = await sql<Row>`
      select ${COLUMNS}, sum(events) as count from ${keptCountsOf(search, kept)} group by ${GROUPS}`.execute(trx);
    for (const row of rows) tally.add(row);
    await countUnindexed(trx, search, kept, count);
    const end = await countDirectly(trx, search, { ...period, sinceMs: kept.untilMs }, count, patience);
    return end ?? countDirectly(trx, search, { ...period, untilMs: kept.sinceMs }, count, patience);
  });
  return {
    since: toIso(period.sinceMs),
    until: toIso(period.untilMs),
    total: tally.total,
    pack: tally.top("pack", top),
    agent: tally.top("agent", top),
    kind: tally.top("kind", top),
    outcome: tally.top("outcome", top),
    risk: tally.top("risk", top),
    countedBackTo: stoppedAtMs === null ? null : toIso(stoppedAtMs),
  };
}

class Tally {
  total = 0;
  readonly #counts = new Map<string, Map<string, number>>();

  add({ facet, value, count }: Row): void {
    if (facet === null) this.total += Number(count ?? 0);
    else if (value !== null && value !== "") {
      const counts = this.#counts.get(facet) ?? new Map<string, number>();
      counts.set(value, (counts.get(value) ?? 0) + Number(count ?? 0));
      this.#counts.set(facet, counts);
    }
  }

  top(facet: string, size: number): { value: string; count: number }[] {
    const counts = [...(this.#counts.get(facet) ?? [])].map(([value, count]) => ({ value, count }));
    return counts.toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, size);
  }
}
