import type { ContainmentRuleView, ContainmentView } from "@firebreak/protocol";
import type { ContainmentRule, DetectorBinding, PlaybookBinding } from "../kernel/index.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { readRailFacts } from "./read-rail-facts.ts";
import { countReactions } from "./list-reactions.ts";
import { findProblem } from "./lint-containment.ts";

const DAY_MS = 86_400_000;
const ROWS_MAX = 10_000;

type ViewContext = Pick<ReactionContext, "database" | "clock" | "profile" | "ownAgents" | "effectors" | "playbooks">;

/** The rules of automatic containment with what they did in a day, the guard rails, and how much of them is used. */
export async function viewContainment(ctx: ViewContext): Promise<ContainmentView> {
  const { detectors, containment, playbooks } = ctx.profile;
  const rows = await ctx.database.kysely
    .selectFrom("reactions")
    .selectAll()
    .where("at", ">", new Date(ctx.clock.now() - DAY_MS))
    .orderBy("at", "desc")
    .limit(ROWS_MAX)
    .execute();
  const nobody = { rule: null, agentId: null, sessionId: null, incidentId: null };
  const used = await readRailFacts(ctx.database.kysely, ctx, nobody);
  const { actionsThisHour, agentsThisHour, agentsActive, agentsAllowed } = used;
  return {
    rules: [
      ...containment.rules.map((rule) => viewRule(ctx, rule, rows)),
      ...detectors.flatMap((binding) => viewBinding(ctx, binding, rows)),
      ...playbooks.flatMap((binding) => viewStart(ctx, binding, rows)),
    ],
    limits: containment.limits,
    used: { actionsThisHour, agentsThisHour, agentsActive, agentsAllowed },
    waiting: rows.filter((row) => row.state === "waiting").length,
  };
}

const countsOf = (name: string, rows: readonly ReactionRow[]) =>
  countReactions(rows.filter((row) => row.rule === name));

function viewRule(ctx: ViewContext, rule: ContainmentRule, rows: readonly ReactionRow[]): ContainmentRuleView {
  const { name, mode, effector, playbook } = rule;
  const kind = effector === undefined ? "playbook" : "effector";
  const what = effector ?? playbook ?? "";
  const problem = findProblem(ctx, rule);
  return {
    name,
    origin: "containment",
    mode,
    kind,
    what,
    trigger: triggerWords(rule.when),
    problem,
    counts: countsOf(name, rows),
  };
}

function triggerWords(when: ContainmentRule["when"]): string {
  const part = (words: string, values: readonly (string | number)[] | undefined) =>
    values === undefined ? [] : [`${words} ${values.join(" or ")}`];
  return [
    ...part("rule", when.rules),
    ...part("tag", when.tags),
    ...part("severity", when.severities),
    ...part("incident", when.incidentTypes),
  ].join(" and ");
}

function viewBinding(ctx: ViewContext, binding: DetectorBinding, rows: readonly ReactionRow[]): ContainmentRuleView[] {
  const { rule: name, playbook: what, mode = "act" } = binding;
  if (what === undefined) return [];
  const problem = ctx.playbooks.has(what) ? null : `there is no playbook ${what} that may run`;
  const trigger = `rule ${name}`;
  const counts = countsOf(name, rows);
  return [{ name, origin: "detectors", mode, kind: "playbook", what, trigger, problem, counts }];
}

function viewStart(ctx: ViewContext, binding: PlaybookBinding, rows: readonly ReactionRow[]): ContainmentRuleView[] {
  const { playbook: what, mode, rules, severities, incidentTypes } = binding;
  if (mode === "suggest") return [];
  const name = `playbook ${what}`;
  const problem = ctx.playbooks.has(what) ? null : `there is no playbook ${what} that may run`;
  const trigger = triggerWords({ rules, severities, incidentTypes });
  const counts = countsOf(name, rows);
  return [{ name, origin: "playbooks", mode, kind: "playbook", what, trigger, problem, counts }];
}
