import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { OUTSIDE_ADDRESS, findMissingOutside, openOutside } from "../sandbox/outside.ts";
import { waitFor } from "../sandbox/wait.ts";
import { findMissingCurl } from "./data-carried-out.ts";
import { defineFault } from "./fault.ts";

const PORT = 8081;
const WITHIN_MS = 30_000;

/**
 * A page on another host holds an order that its readers do not see. Two sessions of one agent read it through the gate of the SDK
 * and obey, one under supervision and one that only its gate can hold back.
 */
export const pageObeyed = defineFault({
  kind: "page-obeyed",
  about:
    "two sessions of an agent read a page of another host through the gate of the SDK and do what is hidden in it; needs root on Linux",
  parameters: z.strictObject({
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
  }),
  findMissing: (isolation) => [...findMissingOutside(isolation), ...findMissingCurl()],
  cause: async ({ sandbox }, { agentId, pack }) => {
    const { workspace, home } = sandbox;
    const outside = await openOutside(sandbox);
    const followed = path.join(sandbox.folder, "tmp", "followed");
    outside.start([process.execPath, programFile("page-program"), String(PORT), followed]);
    const url = `http://${OUTSIDE_ADDRESS}:${PORT}/hours`;
    const supervised = [process.execPath, programFile("obeying-agent-program"), url, path.join(workspace, "calls")];
    sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...supervised]);
    const calls = path.join(workspace, "calls-of-the-other");
    sandbox.start([
      process.execPath,
      programFile("obeying-agent-program"),
      url,
      calls,
      path.join(home, "killswitch"),
      agentId,
    ]);
    await waitFor("an agent that obeys", WITHIN_MS, async () => (existsSync(followed) ? true : undefined));
    await waitFor("the other session", WITHIN_MS, async () => (existsSync(calls) ? true : undefined));
    return {
      what: `two sessions of ${agentId} read a page of ${OUTSIDE_ADDRESS} and do what is hidden in it`,
      facts: { agentId, calls, followed, address: OUTSIDE_ADDRESS, outside: outside.pid },
    };
  },
});
