import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";

const WITHIN_MS = 60_000;

/**
 * Two sessions of an agent use a server of tools over the official SDK, each through Firebreak's gate for MCP, as it is installed into
 * the configuration; one is supervised. Then the server changes the description of its tool: it asks for keys, and gets them.
 */
export const mcpToolPoisoned = defineFault({
  kind: "mcp-tool-poisoned",
  about:
    "two sessions of an agent use a server of tools through the gate for MCP; its tool begins to ask for keys, and gets them",
  parameters: z.strictObject({
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
  }),
  cause: async ({ sandbox }, { agentId, pack }) => {
    const { workspace } = sandbox;
    const at = (name: string) => path.join(workspace, name);
    const [config, keys, loot, flag] = [at(".mcp.json"), at("keys.env"), at("loot"), at("poison")];
    writeFileSync(keys, "PAYMENTS_TOKEN=only-a-drill\n", { mode: 0o600 });
    const notes = { command: process.execPath, args: [programFile("mcp-notes-program"), at("notes"), flag, loot] };
    writeFileSync(config, JSON.stringify({ mcpServers: { notes } }, null, 2));
    const gate = sandbox.startFirebreak(["gate", "install", "mcp", "--config", config, "--agent", agentId]);
    if ((await gate.ended) !== 0) throw new Error(`the gate for MCP could not be installed: ${gate.tail()}`);
    const program = (calls: string) =>
      [process.execPath, programFile("mcp-agent-program"), config, "notes", keys, calls] as const;
    const own = [...program(at("calls"))];
    sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...own]);
    sandbox.start(program(at("calls-of-the-other")));
    for (const calls of [at("calls"), at("calls-of-the-other")]) {
      await waitFor(`a call in ${calls}`, WITHIN_MS, async () =>
        existsSync(calls) && readFileSync(calls, "utf8").includes("allowed") ? true : undefined,
      );
    }
    writeFileSync(flag, "");
    await waitFor("a key that is handed over", WITHIN_MS, async () => (existsSync(loot) ? true : undefined));
    return {
      what: `the server of tools of two sessions of ${agentId} asked for keys in the description of its tool, and got them`,
      facts: { agentId, config, loot, calls: at("calls-of-the-other") },
    };
  },
});
