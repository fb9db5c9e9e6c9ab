import { z } from "zod";
import { fillIn } from "../fill-in.ts";
import { defineFault } from "./fault.ts";
import { startAgent } from "./start-agent.ts";

const act = z.strictObject({
  kind: z.string().min(1).max(32),
  outcome: z.enum(["success", "failure", "denied"]).optional(),
  data: z.record(z.string(), z.unknown()),
  /** the same act so many times */
  times: z.number().int().min(1).max(2000).default(1),
});

/**
 * A real agent under supervision, with a child of its own, that does what the drill's file says and says so, as agents do: each
 * act goes out as telemetry through its supervisor. It then stays, until it is stopped or its time is over.
 */
export const agentMisbehaves = defineFault({
  kind: "agent-misbehaves",
  about:
    "a supervised agent with a child of its own says that it does the `acts` of the file, each as telemetry, does none of them, and goes on writing `still-here` in its workspace until it is stopped",
  parameters: z.strictObject({
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
    what: z.string().min(1).max(300),
    acts: z.array(act).min(1).max(50),
  }),
  cause: async ({ sandbox, facts }, { agentId, pack, what, acts }) => {
    const { workspace } = sandbox;
    startAgent(sandbox, { agentId, pack, workspace, acts: fillIn(acts, facts) });
    return { what: `a supervised agent, ${agentId}: ${what}`, facts: { agentId } };
  },
});
