import type { AlertView, Matcher, SilencePreview } from "@firebreak/protocol";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { automaticPlaybook } from "../automatic-playbook.ts";
import { toAlertView } from "../alert-view.ts";
import type { AlertContext } from "../list-alerts.ts";
import { countOpenAlerts } from "../list-alerts.ts";
import { countMatches } from "../match-alerts.ts";
import type { MatchCount } from "../match-alerts.ts";
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
  const { kysely } = ctx.database;
  const [openAlerts, { counts, conditions }] = await Promise.all([
    countOpenAlerts(ctx),
    countMatches(kysely, matchers, "open", [sql`rule_id`, sql`agent_id is not null`]),
  ]);
  const containing = counts.filter(({ extra: [ruleId, hasAgent] }) => {
    const ofRule = {
      ruleId: typeof ruleId === "string" ? ruleId : null,
      agentId: hasAgent === true ? "an agent" : null,
    };
    return automaticPlaybook(ctx.profile, ofRule) !== undefined;
  });
  const matched = sum(counts);
  return {
    openAlerts,
    matched,
    containing: sum(containing),
    warnings: warnOfBreadth(matchers, { openAlerts, matched }),
    sample: matched === 0 ? [] : await readSample(ctx, conditions),
  };
}

const sum = (counts: readonly MatchCount[]) => counts.reduce((total, { count }) => total + count, 0);

async function readSample(ctx: AlertContext, conditions: readonly RawBuilder<boolean>[]): Promise<AlertView[]> {
  let query = ctx.database.kysely.selectFrom("alerts").selectAll().where("status", "=", "open");
  for (const condition of conditions) query = query.where(condition);
  const rows = await query.orderBy("id", "desc").limit(SAMPLE_MAX).execute();
  return rows.map((row) => toAlertView(row, ctx.profile));
}
