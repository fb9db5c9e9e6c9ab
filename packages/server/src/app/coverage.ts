import type { AgentCoverage, AgentView } from "@firebreak/protocol";
import { gateRuntime } from "@firebreak/protocol";
import { coverAgent, coverRecords, listRecordedGates } from "../containment/index.ts";
import type { GateReport, RecordedGate } from "../containment/index.ts";
import { toIso } from "../kernel/index.ts";
import { listAgents } from "../telemetry/index.ts";
import type { PageInput } from "../telemetry/index.ts";
import type { House } from "./house.ts";

/** Per agent, by id: what is enforced, and what is only observed. Gates of this home count also before their agent was seen. */
export async function listCoverage(
  house: Pick<House, "clock" | "config" | "database">,
  page: PageInput,
): Promise<{ items: AgentCoverage[]; next: string | null }> {
  const nowMs = house.clock.now();
  const agents = await listAgents(house, page, []);
  const records = listRecordedGates(house.config.home);
  const reports = await reportsOf(house, agents.items);
  const seen = agents.items.map((agent) =>
    coverAgent({
      agentId: agent.id,
      pack: agent.pack,
      lastSeenAt: agent.lastSeenAt,
      supervisor: supervisorOf(agent),
      reports: reports.get(agent.id) ?? [],
      records: records.filter((record) => record.agent === agent.id),
      nowMs,
    }),
  );
  const unseen = agents.next === null ? await unseenAmong(house, records) : [];
  return { items: [...seen, ...coverRecords(unseen, [], nowMs)], next: agents.next };
}

/** A supervisor that went silent may still hold its agent, but nobody knows. */
function supervisorOf({ session }: AgentView): AgentCoverage["supervisor"] {
  if (session === null) return null;
  return { session: session.id, host: session.host, alive: session.state === "running" || session.state === "frozen" };
}

async function reportsOf(
  house: Pick<House, "database">,
  agents: readonly AgentView[],
): Promise<Map<string, GateReport[]>> {
  const reports = new Map<string, GateReport[]>();
  if (agents.length === 0) return reports;
  const rows = await house.database.kysely
    .selectFrom("agent_gates")
    .selectAll()
    .where(
      "agent_id",
      "in",
      agents.map(({ id }) => id),
    )
    .orderBy("runtime")
    .execute();
  for (const row of rows) {
    const runtime = gateRuntime.safeParse(row.runtime);
    if (!runtime.success) continue; // of a later version
    const report = { runtime: runtime.data, version: row.version, lastReportAt: toIso(row.last_report_at.getTime()) };
    reports.set(row.agent_id, [...(reports.get(row.agent_id) ?? []), report]);
  }
  return reports;
}

async function unseenAmong(house: Pick<House, "database">, records: readonly RecordedGate[]): Promise<RecordedGate[]> {
  if (records.length === 0) return [];
  const ids = records.map(({ agent }) => agent);
  const rows = await house.database.kysely.selectFrom("agents").select("id").where("id", "in", ids).execute();
  const known = new Set(rows.map(({ id }) => id));
  return records.filter(({ agent }) => !known.has(agent));
}
