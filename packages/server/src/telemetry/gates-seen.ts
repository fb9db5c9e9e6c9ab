import { gateRuntime } from "@firebreak/protocol";
import { sql } from "kysely";
import { z } from "zod";
import type { Database } from "../storage/index.ts";
import type { PreparedEvent } from "./prepare-event.ts";

/** What a gate of the SDK says of itself every minute; see `report.ts` there. Anything else of that kind is a plain event. */
const gateReport = z.object({
  event_type: z.literal("gate"),
  runtime: gateRuntime,
  version: z.string().max(64).optional(),
});

interface GateSighting {
  readonly agent: string;
  readonly runtime: string;
  readonly version: string | null;
  readonly seen: string;
}

/** @returns the gates that these events tell of, each once */
export function findGates(rows: readonly PreparedEvent[]): GateSighting[] {
  const gates = new Map<string, GateSighting>();
  for (const { event } of rows) {
    if (event.kind !== "lifecycle") continue;
    const report = gateReport.safeParse(event.data);
    if (!report.success) continue;
    const { runtime, version = null } = report.data;
    const agent = event.agent.id;
    gates.set(`${agent}\n${runtime}`, { agent, runtime, version, seen: event.receivedTime });
  }
  return [...gates.values()];
}

/** Writes them, in the order of their keys, so that two nodes cannot wait for each other. */
export async function writeGates(kysely: Database["kysely"], gates: readonly GateSighting[]): Promise<void> {
  await sql`
    insert into agent_gates (agent_id, runtime, version, last_report_at)
    select agent, runtime, version, seen
    from jsonb_to_recordset(${JSON.stringify(gates)}::jsonb) as given(agent text, runtime text, version text, seen timestamptz)
    order by agent, runtime
    on conflict (agent_id, runtime) do update set
      version = excluded.version,
      last_report_at = greatest(agent_gates.last_report_at, excluded.last_report_at)`.execute(kysely);
}
