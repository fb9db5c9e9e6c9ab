import { formatNetwork, parseAddressOrNetwork } from "../../../kernel/index.ts";
import { asRoot, runSystemProgram } from "../../system-program.ts";
import { cutKey, FirewallFault } from "./firewall.ts";
import type { Cut, Firewall } from "./firewall.ts";
import type { RunProgram } from "./pf.ts";

/**
 * Cuts as rules of ufw, for hosts whose people look there. Each has the comment `firebreak`. ufw keeps no times, and lets
 * connections that are open already go on.
 */
export function createUfw(run: RunProgram = runSystemProgram): Firewall {
  const read = () => readRules(run);
  return {
    name: "ufw",
    cutsOpenConnections: false,
    read,
    make: async (wanted) => {
      const there = await read();
      const isThere = new Set(there.map(cutKey));
      const isWanted = new Set(wanted.map(cutKey));
      for (const cut of wanted.filter((one) => !isThere.has(cutKey(one)))) await change(run, "prepend", cut);
      for (const cut of there.filter((one) => !isWanted.has(cutKey(one)))) await change(run, "delete", cut);
    },
  };
}

/** Lines of `ufw show added`, such as `ufw deny from 203.0.113.7 comment 'firebreak'`. */
const RULE = /^ufw deny (?:(out) to|from) (\S+)(?: to any)? comment 'firebreak'$/;

async function readRules(run: RunProgram): Promise<Cut[]> {
  const text = await must(run, ["ufw", "show", "added"]);
  return text.split("\n").flatMap((line): Cut[] => {
    const [, out, address = ""] = RULE.exec(line.trim()) ?? [];
    const network = parseAddressOrNetwork(address);
    return network === undefined ? [] : [{ network, direction: out === undefined ? "in" : "out", remainingMs: null }];
  });
}

/** Two rules for each cut: for the host itself, and for what passes through it to and from containers. */
async function change(run: RunProgram, verb: "prepend" | "delete", { network, direction }: Cut): Promise<void> {
  const address = formatNetwork(network);
  const where = direction === "in" ? ["from", address, "to", "any"] : ["from", "any", "to", address];
  const comment = verb === "prepend" ? ["comment", "firebreak"] : [];
  await must(run, ["ufw", "route", verb, "deny", ...where, ...comment]);
  await must(run, ["ufw", verb, "deny", direction, ...where, ...comment]);
}

async function must(run: RunProgram, command: readonly string[]): Promise<string> {
  const { code, stdout, stderr, problem } = await run(asRoot(command));
  if (code === 0) return stdout;
  throw new FirewallFault(`${command.join(" ")}: ${problem ?? (stderr.trim() || stdout.trim()).slice(0, 300)}`);
}
