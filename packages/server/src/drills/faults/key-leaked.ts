import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { callingAgentParameters, startCallingAgent, untilAnswered } from "./calling-agent.ts";
import { defineFault } from "./fault.ts";

/**
 * A supervised agent works with a key, and debugging was left on: with each call the key goes into the agent's log, which the
 * sandbox's Firebreak reads as it reads any.
 */
export const keyLeaked = defineFault({
  kind: "key-leaked",
  about:
    "a supervised agent writes the key of an upstream into its log with each call; the sandbox's Firebreak reads the log",
  parameters: callingAgentParameters.extend({ everyMs: z.number().int().min(20).max(1000).default(200) }),
  cause: async ({ sandbox }, { agentId, pack, accessLog, ...settings }) => {
    const log = path.join(sandbox.workspace, "agent.log");
    const tail = { name: "agent-log", paths: [log], map: "openclaw-gateway", agent: agentId, pack, start: "beginning" };
    writeFileSync(path.join(sandbox.home, "tails.yaml"), stringify({ tails: [tail] }));
    const key = readFileSync(settings.keyFile, "utf8").trim();
    const settingsFile = startCallingAgent(sandbox, { agentId, pack }, { ...settings, debugLog: log });
    await untilAnswered(accessLog, 200);
    return {
      what: `${agentId} writes the key that it works with into its log`,
      facts: { agentId, log, key, settingsFile },
    };
  },
});
