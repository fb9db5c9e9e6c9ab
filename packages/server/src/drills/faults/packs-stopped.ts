import { existsSync } from "node:fs";
import path from "node:path";
import { incidentSummary, pageOf, stopReceipt } from "@firebreak/protocol";
import { z } from "zod";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";
import { startAgent } from "./start-agent.ts";

const AT_WORK_WITHIN_MS = 30_000;
const NOTICED_WITHIN_MS = 30_000;
const REFUSED = 12;

/**
 * An agent of one pack is refused again and again. Nobody knows yet how far it reaches, so a person freezes every pack as soon as
 * there is an incident. The agents stand still until each is released.
 */
export const packsStopped = defineFault({
  kind: "packs-stopped",
  about:
    "an agent is refused again and again, and a person freezes all `packs`; `${fault.PACK}` is what each agent goes on writing",
  parameters: z.strictObject({ packs: z.array(z.string().max(64)).min(2).max(5) }),
  cause: async ({ sandbox, api }, { packs }) => {
    const signs: Record<string, string> = {};
    for (const [i, pack] of packs.entries()) {
      const workspace = path.join(sandbox.workspace, pack);
      const data = { tool: "payments.send", reason: "not authorized: policy violation" };
      const acts = i === packs.length - 1 ? [{ kind: "tool_call", outcome: "denied", data, times: REFUSED }] : [];
      startAgent(sandbox, { agentId: `${pack}-agent`, pack, workspace, acts });
      signs[pack] = path.join(workspace, "still-here");
    }
    for (const [pack, sign] of Object.entries(signs)) {
      await waitFor(`the agent of ${pack}`, AT_WORK_WITHIN_MS, async () => (existsSync(sign) ? true : undefined));
    }
    const incidentId = await waitFor("the incident", NOTICED_WITHIN_MS, async () => {
      const { items } = await api.get(pageOf(incidentSummary), "/incidents");
      return items[0]?.id;
    });
    for (const pack of packs) {
      const reason = "nobody knows yet how far it reaches";
      const body = { scope: "pack", target: pack, level: "freeze", incidentId, reason };
      const { verified } = await api.post(stopReceipt, "/killswitch/stop", body);
      if (!verified) throw new Error(`the pack ${pack} was not stopped`);
    }
    return {
      what: `an agent was refused ${REFUSED} times, and the packs ${packs.join(", ")} were frozen`,
      facts: signs,
    };
  },
});
