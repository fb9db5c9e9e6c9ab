import { SETTLED_STATES } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { AlertsTable } from "../../storage/index.ts";
import { cleanText } from "../input.ts";
import type { IncidentContext, Trx } from "../types.ts";
import type { ActiveStorm, StormSituation } from "./decide-storm.ts";

type AlertRow = Selectable<AlertsTable>;

const MINUTE_MS = 60_000;
const ORIGIN_CHARACTERS_MAX = 300;

/**
 * What set an incident off, by which incidents are counted: a rule; of a family of rules, such as one for each indicator, the
 * family; what a sender calls its alert.
 */
export function originOf({ rule_id: ruleId, source, labels }: Pick<AlertRow, "rule_id" | "source" | "labels">): string {
  if (ruleId !== null) return cleanText(`rule:${ruleId.split("/", 1)[0] ?? ruleId}`, ORIGIN_CHARACTERS_MAX);
  return cleanText(`source:${source}/${labels["alertname"] ?? ""}`, ORIGIN_CHARACTERS_MAX);
}

/** A situation that grows while the alerts of one transaction find their incidents. */
export interface GrowingSituation extends StormSituation {
  readonly active: Map<string, ActiveStorm>;
  readonly storms: Map<string, ActiveStorm[]>;
  readonly opened: Map<string, number>;
}

/** Whoever opens incidents for alerts holds this lock until it commits, so that each counts those of the others. */
export async function lockStorms(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('storms'))`.execute(trx);
}

/** Only under {@link lockStorms}. */
export async function readStorms(
  trx: Trx,
  ctx: Pick<IncidentContext, "clock" | "profile">,
  agentIds: readonly string[],
): Promise<GrowingSituation> {
  const settings = ctx.profile.alerts.storm;
  const since = new Date(ctx.clock.now() - settings.minutes * MINUTE_MS);
  const counts = await trx
    .selectFrom("incidents")
    .select((incidents) => ["origin", incidents.fn.countAll<string>().as("count")])
    .where("opened_at", ">", since)
    .where("origin", "is not", null)
    .groupBy("origin")
    .execute();
  const rows = await trx
    .selectFrom("storms")
    .innerJoin("incidents", "incidents.id", "storms.incident_id")
    .select(["storms.key", "storms.incident_id", "incidents.severity"])
    .where("storms.ended_at", "is", null)
    .where("incidents.state", "not in", [...SETTLED_STATES])
    .execute();
  const active = new Map(rows.map((row) => [row.key, { incidentId: row.incident_id, severity: row.severity }]));
  return {
    settings,
    active,
    storms: await readMembers(trx, [...active.values()], agentIds),
    opened: new Map(counts.map(({ origin, count }) => [origin ?? "", Number(count)])),
  };
}

async function readMembers(
  trx: Trx,
  active: readonly ActiveStorm[],
  agentIds: readonly string[],
): Promise<Map<string, ActiveStorm[]>> {
  const storms = new Map<string, ActiveStorm[]>();
  if (active.length === 0 || agentIds.length === 0) return storms;
  const byId = new Map(active.map((one) => [one.incidentId, one]));
  const members = await trx
    .selectFrom("storm_agents")
    .select(["incident_id", "agent_id"])
    .where("incident_id", "in", [...byId.keys()])
    .where("agent_id", "in", agentIds)
    .execute();
  for (const { incident_id: id, agent_id: agentId } of members) {
    const storm = byId.get(id);
    if (storm !== undefined) storms.set(agentId, [...(storms.get(agentId) ?? []), storm]);
  }
  return storms;
}
