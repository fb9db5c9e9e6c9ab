import type { Kysely, Selectable } from "kysely";
import type { Schema, StormsTable } from "../../storage/index.ts";

/** A rule or a sender's alert that is in a storm. */
export interface StormRule {
  readonly ruleId: string | null;
  readonly title: string;
  readonly alerts: number;
}

const RULES_MAX = 20;
const NAMED_MAX = 3;

/** @returns what the alerts of a storm are about, the most frequent first, 20 at most */
export async function readStormRules(kysely: Kysely<Schema>, incidentId: string): Promise<StormRule[]> {
  const rows = await kysely
    .selectFrom("alerts")
    .select((alerts) => ["rule_id", "title", alerts.fn.countAll<string>().as("count")])
    .where("incident_id", "=", incidentId)
    .groupBy(["rule_id", "title"])
    .orderBy("count", "desc")
    .orderBy("title")
    .limit(RULES_MAX)
    .execute();
  return rows.map(({ rule_id: ruleId, title, count }) => ({ ruleId, title, alerts: Number(count) }));
}

/** @returns where a storm stands, in a sentence or two */
export async function summarizeStorm(
  kysely: Kysely<Schema>,
  storm: Pick<
    Selectable<StormsTable>,
    "incident_id" | "agents" | "alerts" | "began_at" | "ended_at" | "last_joined_at"
  >,
): Promise<string> {
  const rules = await readStormRules(kysely, storm.incident_id);
  const named = rules.slice(0, NAMED_MAX).map(({ title }) => title);
  const what = [...named, ...(rules.length > named.length ? [`${rules.length - named.length} more`] : [])];
  const who = storm.agents === 0 ? "" : `${storm.agents} agents, `;
  const about = what.length === 0 ? "" : `: ${what.join("; ")}`;
  const end =
    storm.ended_at === null ? "" : ` It is over: nothing joined it after ${storm.last_joined_at.toISOString()}.`;
  return `${who}${storm.alerts} alerts since ${storm.began_at.toISOString()}${about}.${end}`;
}
