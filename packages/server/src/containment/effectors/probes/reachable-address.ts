import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { EffectorSettings, Network, ServiceSettings } from "../../../kernel/index.ts";
import { messageOf, networksOverlap, parseAddressOrNetwork, parseNetwork } from "../../../kernel/index.ts";
import { isPrivateAddress } from "../hooks/private-address.ts";

/**
 * What no question is ever sent to, whatever the profile allows: where clouds hand out credentials to whoever asks (AWS,
 * Azure and GCP at 169.254.169.254, fd00:ec2::254, fd20:ce::254; Alibaba 100.100.100.200; Oracle 192.0.0.192; Azure's
 * 168.63.129.16), other link-local addresses, IPv4 in disguise, and what is no single machine.
 */
const NEVER = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "192.0.0.192/32",
  "224.0.0.0/3",
  "::/128",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2002::/16",
  "fd00:ec2::/32",
  "fd20:ce::/32",
  "fe80::/10",
  "ff00::/8",
].flatMap((text) => parseNetwork(text) ?? []);
const LOOPBACK = ["127.0.0.0/8", "::1/128"].flatMap((text) => parseNetwork(text) ?? []);

/** Raised when a question would go where it must not. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** What may be asked beside the internet and this machine: private networks, and the endpoints of the profile's services. */
export interface Reach {
  readonly networks: readonly Network[];
  /** `host:port`, the host as it is written in the profile, in small letters */
  readonly endpoints: ReadonlySet<string>;
}

/** @returns what the profile lets parameters lead to */
export function reachOf({ checks }: Pick<EffectorSettings, "checks">, services: readonly ServiceSettings[]): Reach {
  const networks = checks.privateNetworks.flatMap((text) => parseAddressOrNetwork(text) ?? []);
  return { networks, endpoints: endpointsOf(services) };
}

const EVERYWHERE = ["0.0.0.0/0", "::/0"].flatMap((text) => parseNetwork(text) ?? []);

/** @returns the private networks that may be asked for this endpoint */
function networksFor(reach: Reach, host: string, port: number): readonly Network[] {
  return isEndpoint(reach, host, port) ? EVERYWHERE : reach.networks;
}

/** @returns whether a service of the profile names it in its check */
export function isEndpoint({ endpoints }: Reach, host: string, port: number): boolean {
  return endpoints.has(`${host.toLowerCase()}:${port}`);
}

/** @returns the endpoints that the profile's services name in their checks */
function endpointsOf(services: readonly ServiceSettings[]): ReadonlySet<string> {
  return new Set(
    services.flatMap(({ check }) => {
      if (check === undefined) return [];
      if (check.kind !== "http") return [`${check.host.toLowerCase()}:${check.port}`];
      const { hostname, port, protocol } = new URL(check.url);
      return [`${bareHost(hostname)}:${port || (protocol === "https:" ? 443 : 80)}`];
    }),
  );
}

/** @returns the host of a URL without the brackets of IPv6 */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/**
 * @param allowed private networks that may be asked; loopback and this machine's own addresses always are
 * @returns why nothing is sent to the address; null when it may be
 */
export function refuseAddress(text: string, allowed: readonly Network[]): string | null {
  const address = parseAddressOrNetwork(text);
  if (address === undefined) return `${text} is no address`;
  const isIn = (networks: readonly Network[]) => networks.some((network) => networksOverlap(network, address));
  if (isIn(NEVER)) return `${text} is never asked: link-local addresses and cloud metadata hand out secrets`;
  if (!isPrivateAddress(text) || isIn(LOOPBACK) || isIn(allowed) || isIn(ownAddresses())) return null;
  return `${text} is a private address; add it to effectors.checks.privateNetworks in the profile to allow it`;
}

function ownAddresses(): Network[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address }) => parseAddressOrNetwork(address) ?? []),
  );
}

/** @throws AddressRefused when the host is an address, and one that must not be asked; names are looked up by {@link lookupWith} */
export function requireReachable(reach: Reach, host: string, port: number): void {
  const problem = isIP(host) === 0 ? null : refuseAddress(host, networksFor(reach, host, port));
  if (problem !== null) throw new AddressRefused(problem);
}

/** @returns why a connection failed, also when several addresses of one name were tried */
export function connectProblem(fault: unknown): string {
  const [first] = fault instanceof AggregateError ? fault.errors : [];
  return messageOf(first ?? fault);
}

/** The name is looked up once, and what is connected to is what was checked. */
export function lookupWith(reach: Reach, port: number): LookupFunction {
  return (host, options, done) => {
    const allowed = networksFor(reach, host, port);
    lookup(host, { ...options, all: true }, (fault, addresses) => {
      if (fault !== null) {
        done(fault, "");
        return;
      }
      const [problem] = addresses.flatMap(({ address }) => refuseAddress(address, allowed) ?? []);
      if (problem !== undefined) done(new AddressRefused(`${host}: ${problem}`), "");
      else if (options.all === true) done(null, addresses);
      else done(null, addresses[0]?.address ?? "", addresses[0]?.family);
    });
  };
}
