import type { ContainmentReport } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { countReactions, toReactionView } from "./list-reactions.ts";
import { union } from "./settle-reaction.ts";

/** Read for one report; the newest. */
const READ_MAX = 10_000;
const SHOWN_MAX = 200;

/** What automatic containment did, asked, and would have done since a moment, with all that it touches. */
export async function reportContainment(
  ctx: Pick<ReactionContext, "database" | "clock">,
  { sinceMs }: { readonly sinceMs: number },
): Promise<ContainmentReport> {
  const rows = await ctx.database.kysely
    .selectFrom("reactions")
    .selectAll()
    .where("at", ">=", new Date(sinceMs))
    .orderBy("at", "desc")
    .limit(READ_MAX)
    .execute();
  const rules = new Map<string, ReactionRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.rule, row.what, row.mode]);
    rules.set(key, [...(rules.get(key) ?? []), row]);
  }
  return {
    from: toIso(sinceMs),
    to: toIso(ctx.clock.now()),
    rules: [...rules.values()].map(ruleOf).toSorted((a, b) => b.acted + b.observed - (a.acted + a.observed)),
    blastRadius: union(rows.map((row) => row.blast_radius)),
    reactions: rows.slice(0, SHOWN_MAX).map(toReactionView),
    total: rows.length,
  };
}

function ruleOf(rows: ReactionRow[]): ContainmentReport["rules"][number] {
  const [first] = rows;
  if (first === undefined) throw new TypeError("a group has at least one row");
  const { rule, title, what, mode } = first;
  const rails = Object.fromEntries(
    [...new Set(rows.flatMap((row) => row.rail ?? []))].map((rail) => [
      rail,
      rows.filter((row) => row.rail === rail).length,
    ]),
  );
  return { name: rule, title, what, mode, rails, ...countReactions(rows) };
}
