import { holdCovers, roleAllows } from "@firebreak/protocol";
import type { StopPreview } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { listHoldHistory, resumeHold, stopAgents } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import { listSessions } from "../../telemetry/index.ts";
import type { PreviewRequest } from "../requests.ts";
import type { ApiServices } from "../services.ts";

type KillswitchServices = Pick<ApiServices, "getKillswitch" | "previewStop" | "stop" | "resumeHold">;

const PREVIEW_SESSIONS_MAX = 500;

/** The running sessions that such a stop would touch now; agents started later are covered too. */
async function previewStop(house: House, request: PreviewRequest): Promise<StopPreview> {
  const running = await listSessions(house, { state: "running", limit: PREVIEW_SESSIONS_MAX });
  const frozen = await listSessions(house, { state: "frozen", limit: PREVIEW_SESSIONS_MAX });
  const rule = { scope: request.scope, target: request.target ?? null, level: request.level };
  const sessions = [...running.items, ...frozen.items].filter((session) =>
    holdCovers(rule, { agent: session.agentId, pack: session.pack ?? undefined, session: session.id }),
  );
  return {
    sessions,
    agents: [...new Set(sessions.map((session) => session.agentId))],
    packs: [...new Set(sessions.flatMap((session) => session.pack ?? []))],
  };
}

/** Who may stop everything is fewer than who may stop one agent (AgentOS kill switch: the incident commander and up). */
function requireGlobalRole(caller: Caller, scope: string): void {
  if (scope !== "global" || (caller.access !== "agent" && roleAllows(caller.access, "commander"))) return;
  throw new FirebreakError(
    "forbidden",
    "Stopping everything needs the role commander; you can stop a pack or an agent.",
  );
}

export function killswitchServices(house: House): KillswitchServices {
  return {
    getKillswitch: async () => {
      const { epoch, holds, health } = house.killswitch.current();
      return {
        epoch,
        holds: [...holds],
        journalHealthy: health.state === "ok",
        history: await listHoldHistory(house),
      };
    },
    previewStop: (_caller, request) => previewStop(house, request),
    stop: async (caller, request) => {
      requireGlobalRole(caller, request.scope);
      return stopAgents(house, caller.actor, request);
    },
    resumeHold: (caller, request) => resumeHold(house, caller.actor, request),
  };
}
