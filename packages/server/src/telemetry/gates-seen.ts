import { gateRuntime } from "@firebreak/protocol";
import type { AgentEvent } from "@firebreak/protocol";
import { sql } from "kysely";
import { z } from "zod";
import type { Database } from "../storage/index.ts";

/** What a gate of the SDK says of itself every minute; see `report.ts` there. Anything else of that kind is a plain event. */
const gateReport = z.object({
  event_type: z.literal("gate"),
  runtime: gateRuntime,
  version: z.string().max(64).optional(),
});

export interface GateSighting {
  readonly agent: string;
  readonly runtime: string;
  readonly version: string | null;
  readonly seen: string;
}

/** @returns the gate that this event tells of, if any */
export function findGate({ agent, data, kind, receivedTime }: AgentEvent): GateSighting | undefined {
  if (kind !== "lifecycle") return undefined;
  const report = gateReport.safeParse(data);
  if (!report.success) return undefined;
  const { runtime, version = null } = report.data;
  return { agent: agent.id, runtime, version, seen: receivedTime };
}

/** Writes each gate once, in the order of their keys, so that two nodes cannot wait for each other. */
export async function writeGates(kysely: Database["kysely"], sightings: readonly GateSighting[]): Promise<void> {
  const gates = [...new Map(sightings.map((gate) => [`${gate.agent}\n${gate.runtime}`, gate])).values()];
  await sql`
    insert into agent_gates (agent_id, runtime, version, last_report_at)
    select agent, runtime, version, seen
    from jsonb_to_recordset(${JSON.stringify(gates)}::jsonb) as given(agent text, runtime text, version text, seen timestamptz)
    order by agent, runtime
    on conflict (agent_id, runtime) do update set
      version = excluded.version,
      last_report_at = greatest(agent_gates.last_report_at, excluded.last_report_at)`.execute(kysely);
}
