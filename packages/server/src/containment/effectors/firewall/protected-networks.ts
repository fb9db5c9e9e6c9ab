import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { formatNetwork, networksOverlap, parseAddressOrNetwork } from "../../../kernel/index.ts";
import type { Network } from "../../../kernel/index.ts";
import { runSystemProgram } from "../../system-program.ts";

/** A network that must stay reachable, and why. */
export interface ProtectedNetwork {
  readonly network: Network;
  readonly why: string;
}

/** A host that Firebreak or its people need: an address, or a name that is looked up. */
export interface NeededHost {
  readonly host: string;
  readonly why: string;
}

/** What only the server knows of who must never be cut off. */
export interface FirewallSurroundings {
  /** networks of the profile's allow-list */
  readonly neverBlock: readonly string[];
  /** where signed-in people and their tokens come from */
  readonly operators: () => Promise<readonly NeededHost[]>;
  /** what this server cannot work without: its database */
  readonly database: () => Promise<readonly NeededHost[]>;
  /** whatever else the configuration names */
  readonly services: () => Promise<readonly NeededHost[]>;
}

export interface Protection {
  readonly networks: readonly ProtectedNetwork[];
  /** names of services that could not be looked up, so that their addresses are not protected */
  readonly unresolved: readonly string[];
}

const ALWAYS: readonly ProtectedNetwork[] = [
  ["127.0.0.0/8", "the loopback network"],
  ["0.0.0.0/8", "this network"],
  ["255.255.255.255/32", "the broadcast address"],
  ["224.0.0.0/4", "multicast"],
  ["::1/128", "the loopback address"],
  ["::/128", "the unspecified address"],
  ["fe80::/10", "link-local addresses, without which IPv6 does not work"],
  ["ff00::/8", "multicast, without which IPv6 does not work"],
].flatMap(([text = "", why = ""]) => protect({ host: text, why }));

const HOSTS_MAX = 1000;
const LOOKUP_MS = 2_000;

/** Everything that must stay reachable from this host, as it is now. */
export async function findProtection(surroundings: FirewallSurroundings): Promise<Protection> {
  const needed = await findNeeded(surroundings);
  const services = await resolveAll(await surroundings.services());
  return {
    networks: [...needed.networks, ...(await findLocal()), ...services.networks, ...ALWAYS],
    unresolved: [...needed.unresolved, ...services.unresolved],
  };
}

/** What this host cannot do without, as its interfaces and routes are now; cheap. */
export async function findLocal(): Promise<readonly ProtectedNetwork[]> {
  const hops = process.platform === "darwin" ? await gatewaysOfMac() : gatewaysOfLinux();
  return [...ownAddresses(), ...hops, ...nameServers(readText("/etc/resolv.conf"))].flatMap(protect);
}

/** What stays reachable even while the host is isolated: its people, its database, and what the profile names. */
export async function findNeeded({ neverBlock, operators, database }: FirewallSurroundings): Promise<Protection> {
  const people = [...(await operators()), ...(await loggedIn())].slice(0, HOSTS_MAX);
  const allowed = neverBlock.map((host) => ({
    host,
    why: "on the allow-list of the profile (effectors.firewall.neverBlock)",
  }));
  const { networks, unresolved } = await resolveAll(await database());
  return { networks: [...[...people, ...allowed].flatMap(protect), ...networks], unresolved };
}

async function resolveAll(hosts: readonly NeededHost[]): Promise<Protection> {
  const resolved = await Promise.all(hosts.slice(0, HOSTS_MAX).map(resolve));
  return {
    networks: resolved.flatMap((one) => one.networks),
    unresolved: resolved.flatMap((one) => one.unresolved),
  };
}

/** @returns who would be cut off with the network, or undefined when nobody would */
export function protectedBy(network: Network, { networks }: Protection): ProtectedNetwork | undefined {
  return networks.find((one) => networksOverlap(one.network, network));
}

export function describeProtected({ network, why }: ProtectedNetwork): string {
  return `${formatNetwork(network)} is ${why}`;
}

function protect({ host, why }: NeededHost): ProtectedNetwork[] {
  const network = parseAddressOrNetwork(host);
  return network === undefined ? [] : [{ network, why }];
}

async function resolve(needed: NeededHost): Promise<Protection> {
  if (parseAddressOrNetwork(needed.host) !== undefined) return { networks: protect(needed), unresolved: [] };
  const late = AbortSignal.timeout(LOOKUP_MS);
  const tooLate = new Promise<never>((_resolve, reject) =>
    late.addEventListener("abort", () => reject(new Error("too late")), { once: true }),
  );
  try {
    const found = await Promise.race([lookup(needed.host, { all: true }), tooLate]);
    return { networks: found.flatMap(({ address }) => protect({ ...needed, host: address })), unresolved: [] };
  } catch {
    return { networks: [], unresolved: [needed.host] };
  }
}

function ownAddresses(): NeededHost[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address }) => ({ host: address, why: `this host's own address (${name})` })),
  );
}

function gatewaysOfLinux(): NeededHost[] {
  return gateways(readText("/proc/net/route"), readText("/proc/net/ipv6_route"));
}

async function gatewaysOfMac(): Promise<NeededHost[]> {
  const { stdout } = await runSystemProgram(["netstat", "-rn"], { timeoutMs: 3_000 });
  return macGateways(stdout);
}

/** @param text what `netstat -rn` of macOS prints: destination, gateway, flags, interface */
export function macGateways(text: string): NeededHost[] {
  return [...text.matchAll(/^default\s+(\S+)/gm)].map(([, hop = ""]) => ({
    host: hop.split("%", 1)[0] ?? "",
    why: "a gateway of this host",
  }));
}

/** Next hops of routes: `/proc/net/route` has them as little-endian hexadecimal, `/proc/net/ipv6_route` as 32 digits. */
export function gateways(ipv4: string, ipv6: string): NeededHost[] {
  const why = "a gateway of this host";
  const four = ipv4
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const hop = line.split("\t")[2] ?? "";
      if (!/^[0-9A-F]{8}$/.test(hop) || hop === "00000000") return [];
      return { host: [...Buffer.from(hop, "hex")].toReversed().join("."), why };
    });
  const six = ipv6.split("\n").flatMap((line) => {
    const hop = line.split(/\s+/)[4] ?? "";
    if (!/^[0-9a-f]{32}$/.test(hop) || /^0+$/.test(hop)) return [];
    return { host: (hop.match(/.{4}/g) ?? []).join(":"), why };
  });
  return [...four, ...six];
}

export function nameServers(resolvConf: string): NeededHost[] {
  return [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, host = ""]) => ({
    host,
    why: "a name server of this host",
  }));
}

/** People who are logged in over the network. The list is written by root alone, so that no agent can put its own in. */
async function loggedIn(): Promise<NeededHost[]> {
  const { stdout } = await runSystemProgram(["who", ...(process.platform === "linux" ? ["--ips"] : [])], {
    timeoutMs: 3_000,
  });
  return remoteLogins(stdout);
}

/** @param text what `who --ips` prints; macOS and older systems put the address into brackets */
export function remoteLogins(text: string): NeededHost[] {
  return text.split("\n").flatMap((line) => {
    const [user = "", ...words] = line.trim().split(/\s+/);
    const host = (words.at(-1) ?? "").replace(/^\((.*)\)$/, "$1");
    return parseAddressOrNetwork(host) === undefined ? [] : [{ host, why: `where ${user} is logged in from` }];
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
