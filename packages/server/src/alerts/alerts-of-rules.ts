import type { RuleAlert } from "@firebreak/protocol";
import type { Database } from "../storage/index.ts";

interface ReadContext {
  readonly database: Pick<Database, "kysely">;
}

export interface AlertCounts {
  readonly alerts: number;
  readonly falsePositives: number;
}

/** How many alerts each rule raised since then, and how many of those were marked as false. */
export async function countAlertsByRule(ctx: ReadContext, sinceMs: number): Promise<ReadonlyMap<string, AlertCounts>> {
  const rows = await ctx.database.kysely
    .selectFrom("alerts")
    .select(({ fn }) => [
      "rule_id",
      fn.countAll<string>().as("alerts"),
      fn.count<string>("false_positive").as("marked"),
    ])
    .where("created_at", ">", new Date(sinceMs))
    .where("rule_id", "is not", null)
    .groupBy("rule_id")
    .execute();
  return new Map(
    rows.map(({ rule_id, alerts, marked }) => [
      rule_id ?? "",
      { alerts: Number(alerts), falsePositives: Number(marked) },
    ]),
  );
}

/** The newest alerts of a rule, all or those that were marked as false. */
export async function listAlertsOfRule(
  ctx: ReadContext,
  { ruleId, onlyMarked, limit }: { readonly ruleId: string; readonly onlyMarked: boolean; readonly limit: number },
): Promise<RuleAlert[]> {
  let query = ctx.database.kysely
    .selectFrom("alerts")
    .select(["id", "sentence", "agent_id", "incident_id", "occurrences", "created_at", "false_positive"])
    .where("rule_id", "=", ruleId);
  if (onlyMarked) query = query.where("false_positive", "is not", null);
  const rows = await query.orderBy("created_at", "desc").limit(limit).execute();
  return rows.map((row) => ({
    alertId: row.id,
    sentence: row.sentence,
    agentId: row.agent_id,
    incidentId: row.incident_id,
    occurrences: row.occurrences,
    at: row.created_at.toISOString(),
    falsePositive: row.false_positive,
  }));
}

/** An alert that a rule raised, as far as a replay compares it. Times in ms since 1970. */
export interface RaisedAlert {
  readonly id: string;
  readonly ruleId: string;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly sentence: string;
  readonly createdMs: number;
  readonly firstEventMs: number;
  readonly lastEventMs: number;
  readonly eventIds: readonly string[];
}

const RAISED_MAX = 20_000;

/** Alerts of these rules that were opened or heard of between the two times, oldest first; 20,000 at most. */
export async function listRaisedAlerts(
  ctx: ReadContext,
  range: { readonly ruleIds: readonly string[]; readonly fromMs: number; readonly toMs: number },
): Promise<RaisedAlert[]> {
  if (range.ruleIds.length === 0) return [];
  const rows = await ctx.database.kysely
    .selectFrom("alerts")
    .select([
      ...(["id", "rule_id", "agent_id", "session_id", "sentence", "created_at"] as const),
      ...(["first_event_at", "last_event_at", "event_ids"] as const),
    ])
    .where("rule_id", "in", range.ruleIds)
    .where("created_at", "<=", new Date(range.toMs))
    .where("updated_at", ">=", new Date(range.fromMs))
    .orderBy("id")
    .limit(RAISED_MAX)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    ruleId: row.rule_id ?? "",
    agentId: row.agent_id,
    sessionId: row.session_id,
    sentence: row.sentence,
    createdMs: row.created_at.getTime(),
    firstEventMs: row.first_event_at.getTime(),
    lastEventMs: row.last_event_at.getTime(),
    eventIds: row.event_ids,
  }));
}
