import { z } from "zod";
import { defineProbe } from "../../containment/index.ts";
import type { Effector } from "../../containment/index.ts";
import type { Database } from "../../storage/index.ts";
import { countValues, searchEvents } from "../../telemetry/index.ts";
import { EVENT_IDS_MAX, asking, eventQuery, filtersOf, since, sinceMinutes } from "./event-questions.ts";

const NEWEST = 500;
const AGENTS_MAX = 50;
const SESSIONS_MAX = 50;

/** Counts stored events as docs/search.md finds them, and names the newest. */
export function eventsSearch(database: Database): Effector {
  return defineProbe({
    name: "events.search",
    title: "Search the stored events",
    parameters: z.strictObject({ query: eventQuery, sinceMinutes }),
    describe: ({ query, sinceMinutes: minutes }) => `searches the events of the last ${minutes} minutes for ${query}`,
    ask: (ctx, { query, sinceMinutes: minutes }) =>
      asking(ctx, async () => {
        const question = { ...filtersOf(query), ...since(ctx, minutes) };
        const search = { database, clock: ctx.clock };
        const counted = await countValues(search, { ...question, top: AGENTS_MAX });
        const { items } = await searchEvents(search, { ...question, limit: NEWEST });
        const sessions = new Set(items.flatMap(({ agent }) => agent.session ?? []));
        const complete = counted.countedBackTo === null;
        const output = {
          count: counted.total,
          eventIds: items.slice(0, EVENT_IDS_MAX).map(({ id }) => id),
          agents: counted.agent.map(({ value }) => value),
          sessions: [...sessions].slice(0, SESSIONS_MAX),
          complete,
        };
        const gap = complete ? "" : `, as far back as ${counted.countedBackTo}: narrow the question`;
        return { ok: true, output, message: `${counted.total} event(s) found${gap}` };
      }),
  });
}
