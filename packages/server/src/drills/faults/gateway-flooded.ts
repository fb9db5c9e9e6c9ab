import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { OUTSIDE_ADDRESS, SANDBOX_ADDRESS, findMissingOutside, openOutside } from "../sandbox/outside.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";

const WITHIN_MS = 30_000;

/** From another host a gateway is asked by so many connections that each answer takes longer than anybody waits. */
export const gatewayFlooded = defineFault({
  kind: "gateway-flooded",
  about: "from another host `connections` (150) ask a gateway at `port` without end; needs root on Linux",
  parameters: z.strictObject({
    port: z.number().int(),
    connections: z.number().int().min(1).max(500).default(150),
  }),
  findMissing: findMissingOutside,
  cause: async ({ sandbox }, { port, connections }) => {
    const outside = await openOutside(sandbox);
    const url = `http://${SANDBOX_ADDRESS}:${port}/health`;
    const answers = path.join(sandbox.folder, "tmp", "flood");
    outside.start([process.execPath, programFile("flooding-program"), url, String(connections), answers]);
    await waitFor("the first answer to the flood", WITHIN_MS, async () => (existsSync(answers) ? true : undefined));
    return {
      what: `${connections} connections from ${OUTSIDE_ADDRESS} ask the gateway without end`,
      facts: { outside: outside.pid, address: OUTSIDE_ADDRESS, url, answers },
    };
  },
});
