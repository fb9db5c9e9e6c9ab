import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { SANDBOX_ADDRESS, findMissingOutside, openOutside } from "../sandbox/outside.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";

const WITHIN_MS = 30_000;

/**
 * A supervised agent runs in a container (namespaces of processes and mounts) that shows it the processes of its host, gets out, and
 * writes into a folder of the host that the container does not have. The host is the sandbox.
 */
export const containerEscaped = defineFault({
  kind: "container-escaped",
  about:
    "a supervised agent in namespaces of its own gets into the mounts of its host, which is the sandbox, and writes there; needs root on Linux",
  parameters: z.strictObject({
    /** of a service by which another host reaches this one */
    port: z.number().int(),
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
  }),
  findMissing: findMissingOutside,
  cause: async ({ sandbox }, { port, agentId, pack }) => {
    const { workspace } = sandbox;
    const folder = path.join(sandbox.folder, "tmp", "host");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "of-the-host"), "");
    const outside = await openOutside(sandbox);
    const file = path.join(folder, "written-by-the-container");
    const container = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
    const agent = [...container, process.execPath, programFile("escaping-agent-program"), "in", file];
    sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...agent]);
    await waitFor("the escape", WITHIN_MS, async () => (existsSync(file) ? true : undefined));
    const url = `http://${SANDBOX_ADDRESS}:${port}/health`;
    return {
      what: `${agentId} got out of its container over process 1, and writes into a folder of the host`,
      facts: { agentId, file, outside: outside.pid, url },
    };
  },
});
