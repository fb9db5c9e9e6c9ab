import { formatNetwork, parseAddressOrNetwork } from "../../../kernel/index.ts";
import { asRoot, runSystemProgram } from "../../system-program.ts";
import type { SystemRun } from "../../system-program.ts";
import { cutKey, DIRECTIONS, FirewallFault } from "./firewall.ts";
import type { Cut, Direction, Firewall, WantedCut } from "./firewall.ts";

/** The rules that macOS ships evaluate every anchor under `com.apple`, so that nothing in /etc has to be changed. */
const ANCHOR = "com.apple/249.firebreak";

export type RunProgram = (command: readonly string[], options?: { input?: string }) => Promise<SystemRun>;

/** Cuts in pf of macOS: an anchor with a table for each direction. pf keeps no times; who calls `make` takes cuts out. */
export function createPf(run: RunProgram = runSystemProgram): Firewall {
  return {
    name: "pf",
    cutsOpenConnections: true,
    read: async () => (await Promise.all(DIRECTIONS.map((direction) => readTable(run, direction)))).flat(),
    make: async (wanted) => {
      const there = new Set((await Promise.all(DIRECTIONS.map((one) => readTable(run, one)))).flat().map(cutKey));
      await must(run, ["pfctl", "-q", "-a", ANCHOR, "-f", "-"], rulesFor(wanted));
      await enable(run);
      // pf lets pass what has a state: connections that are open end only when their states do
      for (const cut of wanted.filter((one) => !there.has(cutKey(one)))) await endStates(run, cut);
    },
  };
}

export function rulesFor(wanted: readonly WantedCut[]): string {
  const tables = DIRECTIONS.map((direction) => {
    const networks = wanted.filter((cut) => cut.direction === direction).map((cut) => formatNetwork(cut.network));
    return `table <firebreak_${direction}> persist { ${networks.join(", ")} }`;
  });
  const rules = ["block drop quick from <firebreak_in> to any", "block drop quick from any to <firebreak_out>"];
  return [...tables, ...rules, ""].join("\n");
}

async function readTable(run: RunProgram, direction: Direction): Promise<Cut[]> {
  const command = asRoot(["pfctl", "-q", "-a", ANCHOR, "-t", `firebreak_${direction}`, "-T", "show"]);
  const { code, stdout, stderr, problem } = await run(command);
  if (code !== 0 && /does not exist|No such/.test(stderr)) return [];
  if (code !== 0) throw new FirewallFault(`pfctl: ${problem ?? stderr.trim().slice(0, 300)}`);
  return stdout.split("\n").flatMap((line) => {
    const network = parseAddressOrNetwork(line.trim());
    return network === undefined ? [] : [{ network, direction, remainingMs: null }];
  });
}

async function enable(run: RunProgram): Promise<void> {
  const info = await must(run, ["pfctl", "-s", "info"]);
  if (!/^Status: Enabled/m.test(info)) await must(run, ["pfctl", "-q", "-E"]);
}

async function endStates(run: RunProgram, { network, direction }: Cut): Promise<void> {
  const text = formatNetwork(network);
  const everywhere = network.width === 32 ? "0.0.0.0/0" : "::/0";
  await must(run, ["pfctl", "-q", "-k", ...(direction === "in" ? [text] : [everywhere, "-k", text])]);
}

async function must(run: RunProgram, command: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr, problem } = await run(asRoot(command), input === undefined ? {} : { input });
  if (code === 0) return stdout;
  throw new FirewallFault(`${command.join(" ")}: ${problem ?? stderr.trim().slice(0, 300)}`);
}
