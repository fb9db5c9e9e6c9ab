import { z } from "zod";
import { callingAgentParameters, startCallingAgent, untilAnswered } from "./calling-agent.ts";
import { defineFault } from "./fault.ts";

/** A supervised agent calls a service faster than it may, without a pause after a refusal; bounded, and on loopback. */
export const requestFlood = defineFault({
  kind: "request-flood",
  about:
    "a supervised agent calls an upstream through Firebreak's gate every `everyMs` (20), until it is refused with 429, and goes on",
  parameters: callingAgentParameters.extend({ everyMs: z.number().int().min(5).max(1000).default(20) }),
  cause: async ({ sandbox }, { agentId, pack, accessLog, ...settings }) => {
    const settingsFile = startCallingAgent(sandbox, { agentId, pack }, settings);
    await untilAnswered(accessLog, 429);
    return {
      what: `a supervised agent, ${agentId}, called a service every ${settings.everyMs} ms until it was refused`,
      facts: { agentId, settingsFile },
    };
  },
});
