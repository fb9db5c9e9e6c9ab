import { REDACTION_CATEGORIES, entityName } from "@firebreak/protocol";
import { z } from "zod";
import { defineProbe } from "../../containment/index.ts";
import type { Effector } from "../../containment/index.ts";
import type { Database } from "../../storage/index.ts";
import { EVENT_IDS_MAX, asking, eachEvent, eventQuery, filtersOf, since, sinceMinutes } from "./event-questions.ts";

/** Keys and passwords tell of no person, and own patterns of whatever they were made for. */
const PERSONAL = new Set<string>(REDACTION_CATEGORIES.filter((one) => !["KEY", "PWD", "CUSTOM"].includes(one)));

/** In which events redaction found what tells of persons; what it was is not shown. */
export function piiSearch(database: Database): Effector {
  return defineProbe({
    name: "pii.search",
    title: "Find events in which personal data was redacted",
    parameters: z.strictObject({ query: eventQuery.optional(), sinceMinutes, agentId: entityName.optional() }),
    describe: ({ agentId, sinceMinutes: minutes }) =>
      `looks for personal data in the events${agentId === undefined ? "" : ` of ${agentId}`} of the last ${minutes} minutes`,
    ask: (ctx, { query, agentId, sinceMinutes: minutes }) =>
      asking(ctx, async () => {
        const counts = new Map<string, number>();
        const eventIds: string[] = [];
        let count = 0;
        const question = {
          ...(query === undefined ? {} : filtersOf(query)),
          ...since(ctx, minutes),
          has: ["redacted" as const],
          agent: agentId,
        };
        const complete = await eachEvent({ database, ctx }, question, ({ id, redacted }) => {
          const facts = redacted.filter(({ category }) => PERSONAL.has(category));
          for (const { category, count: times } of facts) counts.set(category, (counts.get(category) ?? 0) + times);
          if (facts.length === 0) return;
          count += 1;
          if (eventIds.length < EVENT_IDS_MAX) eventIds.push(id);
        });
        const output = { count, categories: [...counts.keys()], found: Object.fromEntries(counts), eventIds, complete };
        return {
          ok: true,
          output,
          message: `${count} event(s) held personal data${complete ? "" : ", and not all were seen"}`,
        };
      }),
  });
}
