import type { Matcher, SilencePreview } from "@firebreak/protocol";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { automaticPlaybook } from "../automatic-playbook.ts";
import { toAlertView } from "../alert-view.ts";
import type { AlertContext } from "../list-alerts.ts";
import { countOpenAlerts } from "../list-alerts.ts";
import { conditionsOf } from "../match-alerts.ts";
import { warnOfBreadth } from "./guard.ts";

const SAMPLE_MAX = 20;

/**
 * Says what a silence with these matchers would mute if it were on now. Changes nothing.
 *
 * @throws FirebreakError `invalid_body` for a regular expression that does not compile
 */
export async function previewSilence(
  ctx: AlertContext,
  { matchers }: { readonly matchers: readonly Matcher[] },
): Promise<SilencePreview> {
  const conditions = await conditionsOf(ctx.database.kysely, matchers, "open");
  const [openAlerts, counts, sample] = await Promise.all([
    countOpenAlerts(ctx),
    countByRule(ctx, conditions),
    openAlertsWhere(ctx, conditions).selectAll().orderBy("id", "desc").limit(SAMPLE_MAX).execute(),
  ]);
  const sum = (rows: typeof counts) => rows.reduce((total, row) => total + Number(row.count), 0);
  const matched = sum(counts);
  const containing = sum(
    counts.filter((row) => automaticPlaybook(ctx.profile, { ruleId: row.rule_id, agentId: row.agent }) !== undefined),
  );
  return {
    openAlerts,
    matched,
    containing,
    warnings: warnOfBreadth(matchers, { openAlerts, matched }),
    sample: sample.map((row) => toAlertView(row, ctx.profile)),
  };
}

function openAlertsWhere({ database }: AlertContext, conditions: readonly RawBuilder<boolean>[]) {
  let query = database.kysely.selectFrom("alerts").where("status", "=", "open");
  for (const condition of conditions) query = query.where(condition);
  return query;
}

async function countByRule(ctx: AlertContext, conditions: readonly RawBuilder<boolean>[]) {
  return openAlertsWhere(ctx, conditions)
    .select((expression) => [
      "rule_id",
      // only whether there is an agent matters
      sql<string | null>`case when agent_id is null then null else 'an agent' end`.as("agent"),
      expression.fn.countAll<string>().as("count"),
    ])
    .groupBy(["rule_id", "agent"])
    .execute();
}
