import { parseAddress, parseNetwork, prefixOf } from "../../../kernel/index.ts";

/** Not the open internet (IANA special-purpose registries): own machine, own networks, cloud metadata, other protocols. */
const PRIVATE = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32",
  "2002::/16",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
].flatMap((text) => parseNetwork(text) ?? []);

/** @returns true also for what is no address */
export function isPrivateAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return true;
  return PRIVATE.some(({ bits, width, length }) => width === address.width && prefixOf(address, length) === bits);
}
