import type { SessionView } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { AgentSessionsTable } from "../storage/index.ts";

export function toSessionView(row: Selectable<AgentSessionsTable>): SessionView {
  return {
    id: row.id,
    agentId: row.agent_id,
    pack: row.pack,
    host: row.host,
    state: row.state,
    supervisorPid: row.supervisor_pid,
    command: row.command,
    workspace: row.workspace,
    startedAt: row.started_at.toISOString(),
    lastHeartbeatAt: row.last_heartbeat_at.toISOString(),
    endedAt: row.ended_at === null ? null : toIso(row.ended_at.getTime()),
    exitCode: row.exit_code,
    exitSignal: row.exit_signal,
  };
}
