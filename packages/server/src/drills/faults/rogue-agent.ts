import { z } from "zod";
import { defineFault } from "./fault.ts";

/**
 * A real agent under supervision that runs commands without end, destroys a tree of its own and leaves its process group in
 * every way that needs no rights. It is bounded: all of it ends by itself.
 */
export const rogueAgent = defineFault({
  kind: "rogue-agent",
  about:
    "a supervised agent runs `commands` commands and deletes a tree of its own; its processes leave the process group in five ways; all of it is bounded",
  parameters: z.strictObject({
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
    commands: z.number().int().min(1).max(2000).default(140),
    calmMs: z.number().int().min(0).max(60_000).default(200),
  }),
  cause: async ({ sandbox, rogueAgent: program }, { agentId, pack, commands, calmMs }) => {
    const { workspace } = sandbox;
    const agent = [process.execPath, program, "--workspace", workspace, "--seconds", "120"];
    const course = ["--commands", String(commands), "--calm-ms", String(calmMs)];
    const words = ["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...agent, ...course];
    sandbox.startFirebreak(words);
    return {
      what: `a supervised agent, ${agentId}, ran amok: ${commands} commands, a deleted tree, five ways out of its process group`,
      facts: { agentId },
    };
  },
});
