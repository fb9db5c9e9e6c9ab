import type { EventFacets, EventFilters } from "@firebreak/protocol";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import { readSearch, toConditions } from "./conditions.ts";
import type { CountContext } from "./count-over-time.ts";
import { readPeriod } from "./period.ts";

export interface FacetsQuestion extends EventFilters {
  /** values of each facet at most */
  readonly top: number;
}

const FACETS = { pack: "pack", agent: "agent_id", kind: "kind", outcome: "outcome", risk: "risk" } as const;
type Facet = keyof typeof FACETS;

/** The values that most events of a search have. */
export async function countValues(ctx: CountContext, question: FacetsQuestion): Promise<EventFacets> {
  const { top, ...filters } = question;
  const search = readSearch(filters);
  const { sinceMs, untilMs } = readPeriod(search, ctx.clock.now());
  const where = sql.join(
    [sql`time >= ${toIso(sinceMs)}::timestamptz`, sql`time < ${toIso(untilMs)}::timestamptz`, ...toConditions(search)],
    sql` and `,
  );
  const { rows } = await sql<{ facet: Facet | null; value: string | null; count: string }>`
    select case when grouping(pack) = 0 then 'pack' when grouping(agent_id) = 0 then 'agent'
        when grouping(kind) = 0 then 'kind' when grouping(outcome) = 0 then 'outcome' when grouping(risk) = 0 then 'risk' end as facet,
      coalesce(pack, agent_id, kind, outcome, risk) as value, count(*) as count
    from events where ${where}
    group by grouping sets ((), (pack), (agent_id), (kind), (outcome), (risk))`.execute(ctx.database.kysely);
  const ofFacet = (facet: Facet) =>
    rows
      .flatMap((row) =>
        row.facet === facet && row.value !== null ? [{ value: row.value, count: Number(row.count) }] : [],
      )
      .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, top);
  return {
    since: toIso(sinceMs),
    until: toIso(untilMs),
    total: Number(rows.find(({ facet }) => facet === null)?.count ?? 0),
    pack: ofFacet("pack"),
    agent: ofFacet("agent"),
    kind: ofFacet("kind"),
    outcome: ofFacet("outcome"),
    risk: ofFacet("risk"),
    countedBackTo: null,
  };
}
