import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import { findAgentProcesses } from "../sandbox/find-agents.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";
import { startAgent } from "./start-agent.ts";

const BURNING_WITHIN_MS = 30_000;

/** A supervised agent takes every processor of the machine, with children that only burn time, for seconds each. */
export const processorTaken = defineFault({
  kind: "processor-taken",
  about: "a supervised agent takes every processor of the machine with children that loop, for seconds each",
  parameters: z.strictObject({ agentId: z.string().max(64).default("scout") }),
  cause: async ({ sandbox }, { agentId }) => {
    const workspace = path.join(sandbox.workspace, agentId);
    const burns = availableParallelism();
    const data = { command: "a loop without an end" };
    const acts = [{ kind: "command", outcome: "success", data, times: 1, burns }];
    startAgent(sandbox, { agentId, pack: "research", workspace, acts });
    const isBurning = async () => (findAgentProcesses(sandbox.home).length > burns ? true : undefined);
    await waitFor("the loops", BURNING_WITHIN_MS, isBurning);
    return { what: `${agentId} took all ${burns} processors of the machine`, facts: { agentId, workspace } };
  },
});
