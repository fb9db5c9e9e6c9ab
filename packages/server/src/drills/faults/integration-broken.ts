import { renameSync } from "node:fs";
import { z } from "zod";
import { callingAgentParameters, startCallingAgent, untilAnswered } from "./calling-agent.ts";
import { defineFault } from "./fault.ts";

/** The service that an agent works with loses its store: it runs, and answers each call with an error. */
export const integrationBroken = defineFault({
  kind: "integration-broken",
  about:
    "a supervised agent calls an upstream through Firebreak's gate, until the upstream loses its store and answers 503",
  parameters: callingAgentParameters.extend({
    store: z.string(),
    everyMs: z.number().int().min(20).max(1000).default(150),
  }),
  cause: async ({ sandbox }, { agentId, pack, accessLog, store, ...settings }) => {
    startCallingAgent(sandbox, { agentId, pack }, settings);
    await untilAnswered(accessLog, 200);
    const lost = `${store}.lost`;
    renameSync(store, lost);
    await untilAnswered(accessLog, 503);
    return { what: `a service that ${agentId} calls lost its store and answers 503`, facts: { agentId, lost } };
  },
});
