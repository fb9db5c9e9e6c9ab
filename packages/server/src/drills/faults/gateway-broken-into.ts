import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import { OUTSIDE_ADDRESS, SANDBOX_ADDRESS, findMissingOutside, openOutside } from "../sandbox/outside.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";

const WITHIN_MS = 30_000;

/**
 * From another host somebody guesses the token of a gateway, and then has the right one and uses it. An agent works behind the
 * gateway, and asks its gate before each call.
 */
export const gatewayBrokenInto = defineFault({
  kind: "gateway-broken-into",
  about:
    "from another host (a network of its own with a cable to the sandbox) tokens of a gateway at `port` are guessed, then the right one is used; an agent works behind the gateway, with a gate; needs root on Linux",
  parameters: z.strictObject({
    port: z.number().int(),
    /** where the gateway's token lies */
    tokens: z.string(),
    guesses: z.number().int().min(1).max(200).default(12),
    agentId: z.string().max(64).default("scout"),
    pack: z.string().max(64).default("research"),
  }),
  findMissing: findMissingOutside,
  cause: async ({ sandbox }, { port, tokens, guesses, agentId, pack }) => {
    const { folder, workspace } = sandbox;
    const calls = path.join(workspace, "calls");
    const agent = [process.execPath, programFile("gated-agent-program"), calls];
    sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...agent]);
    await untilHolds(calls, "allowed");
    const outside = await openOutside(sandbox);
    const stolen = path.join(folder, "tmp", "stolen");
    writeFileSync(stolen, /^GATEWAY_TOKEN=(.+)$/m.exec(readFileSync(tokens, "utf8"))?.[1] ?? "", { mode: 0o600 });
    const answers = path.join(folder, "tmp", "intruder");
    const url = `http://${SANDBOX_ADDRESS}:${port}/sessions`;
    outside.start([process.execPath, programFile("gateway-intruder-program"), url, String(guesses), stolen, answers]);
    await untilHolds(answers, "200");
    return {
      what: `${guesses} tokens were guessed from ${OUTSIDE_ADDRESS} and refused, and then a right one was used`,
      facts: { agentId, calls, stolen, url, outside: outside.pid, address: OUTSIDE_ADDRESS },
    };
  },
});

async function untilHolds(file: string, line: string): Promise<void> {
  await waitFor(`${line} in ${file}`, WITHIN_MS, async () =>
    existsSync(file) && readFileSync(file, "utf8").split("\n").includes(line) ? true : undefined,
  );
}
