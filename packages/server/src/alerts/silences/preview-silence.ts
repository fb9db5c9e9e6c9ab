import type { AlertView, Matcher, SilencePreview } from "@firebreak/protocol";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { actsByItself } from "../automatic-containment.ts";
import { LATE_LABEL } from "../came-late.ts";
import { toAlertView } from "../alert-view.ts";
import type { AlertContext } from "../list-alerts.ts";
import { countOpenAlerts } from "../list-alerts.ts";
import { countMatches } from "../match-alerts.ts";
import type { MatchCount } from "../match-alerts.ts";
import type { Profile } from "../../kernel/index.ts";
import { triggerOf, triggerRow } from "../trigger-of.ts";
import { warnOfBreadth } from "./guard.ts";

const SAMPLE_MAX = 20;
/**
 * By these it is counted which of them act by themselves; tags are those of the rule, so they make few groups. As text they group in
 * half the time that they take as JSON; what senders report acts by no tag.
 */
const TRIGGER_COLUMNS = [
  sql`rule_id`,
  sql`agent_id is not null`,
  sql`severity`,
  sql`incident_type`,
  sql`case when rule_id is not null then (detail->'tags')::text end`,
  sql`case when rule_id is not null then labels->>${sql.lit(LATE_LABEL)} end`,
];

/**
 * Says what a silence with these matchers would mute if it were on now. Changes nothing.
 *
 * @throws FirebreakError `invalid_body` for a regular expression that does not compile
 */
export async function previewSilence(
  ctx: AlertContext & { readonly profile: Pick<Profile, "containment" | "playbooks"> },
  { matchers }: { readonly matchers: readonly Matcher[] },
): Promise<SilencePreview> {
  const { kysely } = ctx.database;
  const [openAlerts, { counts, conditions }] = await Promise.all([
    countOpenAlerts(ctx),
    countMatches(kysely, matchers, "open", TRIGGER_COLUMNS),
  ]);
  const containing = counts.filter(({ extra: [rule_id, has_agent, severity, incident_type, tags, late] }) => {
    const row = triggerRow.parse({
      rule_id,
      agent_id: has_agent === true ? "an agent" : null,
      severity,
      incident_type,
      detail: { tags: typeof tags === "string" ? JSON.parse(tags) : null },
      labels: typeof late === "string" ? { [LATE_LABEL]: late } : {},
    });
    return actsByItself(ctx.profile, triggerOf(row));
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
