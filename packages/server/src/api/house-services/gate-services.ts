import { FEED_KEY_HEADER } from "@firebreak/protocol";
import { refuseReporter } from "../../access/index.ts";
import type { Caller } from "../../access/index.ts";
import { recordStopReport } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { FeedClient } from "../../killswitch/index.ts";
import { getSession, listPacksOf } from "../../telemetry/index.ts";
import type { GateFeedQuery } from "../requests.ts";
import type { ApiServices } from "../services.ts";

type Listener = Pick<FeedClient, "agent" | "session" | "role">;

/** An agent's token listens as its own gate; a responder's listens as the supervisor of a session that it names. */
function listenerOf(caller: Caller, { agent, session }: GateFeedQuery): Listener {
  if (caller.access === "agent" && caller.agentId !== null) {
    const wanted = session ?? caller.sessionId;
    const refusal = refuseReporter(caller, {
      id: agent ?? caller.agentId,
      ...(wanted === null ? {} : { session: wanted }),
    });
    if (refusal !== null) throw new FirebreakError("forbidden", refusal);
    return { agent: caller.agentId, session: wanted, role: "gate" };
  }
  if (agent !== undefined && session !== undefined) return { agent, session, role: "supervisor" };
  throw new FirebreakError("bad_request", "Name the agent and the session whose supervisor listens.");
}

export function gateServices(house: House): Pick<ApiServices, "openGateFeed" | "reportStop"> {
  return {
    reportStop: async (caller, { id, holdId, result }) => {
      const { agentId } = await getSession(house, id);
      if (result.sessionId !== id || result.agentId !== agentId) {
        throw new FirebreakError("forbidden", `The report of ${id} is about ${result.sessionId} of ${result.agentId}.`);
      }
      await recordStopReport(house, caller.actor, { holdId, result });
    },
    openGateFeed: async (caller, query) => {
      const { nonce, pack } = query;
      const listener = listenerOf(caller, query);
      const known = await listPacksOf(house, listener);
      const packs = [...new Set(pack === undefined ? known : [pack, ...known])];
      return {
        headers: { [FEED_KEY_HEADER]: house.gateFeed.publicKey },
        start: (stream, isStillAllowed) => {
          house.gateFeed.attach({ ...listener, packs, nonce, stream, isStillAllowed });
        },
      };
    },
  };
}
