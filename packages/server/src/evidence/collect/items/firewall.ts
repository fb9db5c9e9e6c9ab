import type { Collector } from "../collector.ts";
import { keepOutput } from "../programs.ts";

const LINUX = [
  ["nftables.txt", "nft", "list", "ruleset"],
  ["iptables.txt", "iptables-save"],
  ["ip6tables.txt", "ip6tables-save"],
  ["routes.txt", "ip", "route", "show", "table", "all"],
  ["neighbours.txt", "ip", "neigh", "show"],
] as const;
const MACOS = [
  ["pf-rules.txt", "pfctl", "-s", "all"],
  ["routes.txt", "netstat", "-rn"],
  ["neighbours.txt", "arp", "-an"],
] as const;

export const firewall: Collector = {
  name: "firewall",
  description: "packet filter rules, routes and neighbours of this host, as its own tools print them",
  seconds: { standard: 20, full: 60 },
  needs: [],
  collect: async (_scene, sink, signal) => {
    for (const [name, ...command] of process.platform === "darwin" ? MACOS : LINUX) {
      await keepOutput(sink, { name: `firewall/${name}`, description: firewall.description }, command, signal);
    }
  },
};
