import { isIP } from "node:net";

/** An IP address as a number; IPv4 inside IPv6 (`::ffff:10.0.0.1`) is IPv4. */
export interface Address {
  readonly bits: bigint;
  readonly width: 32 | 128;
}

const MAY_BE_ADDRESS = /^(?:\d[\d.]{5,13}\d|[\da-f:][\da-f.:]*:[\da-f.:%]*.*)$/i;
const MAPPED = 0xffffn;

/** @returns the address, or undefined when the text is none */
export function parseAddress(text: string): Address | undefined {
  // a quick look spares most words the regular expressions of `isIP`
  if (!MAY_BE_ADDRESS.test(text)) return undefined;
  const version = isIP(text);
  if (version === 4) return { bits: readIpv4(text), width: 32 };
  if (version !== 6) return undefined;
  const bits = readIpv6(text.split("%", 1)[0] ?? "");
  return bits >> 32n === MAPPED ? { bits: bits & 0xffff_ffffn, width: 32 } : { bits, width: 128 };
}

/** A network: the first bits of its addresses. */
export interface Network {
  readonly bits: bigint;
  readonly width: 32 | 128;
  readonly length: number;
}

/** @returns the network of `10.0.0.0/8`, or undefined when the text is none */
export function parseNetwork(text: string): Network | undefined {
  const [base = "", length = "", ...rest] = text.split("/");
  const address = parseAddress(base);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const { width } = address;
  const bitsKept = Number(length);
  return bitsKept > width ? undefined : { bits: prefixOf(address, bitsKept), width, length: bitsKept };
}

/** @returns the first `length` bits */
export function prefixOf({ bits, width }: Address, length: number): bigint {
  return bits >> BigInt(width - length);
}

/** @returns the one way to write an address */
export function formatAddress({ bits, width }: Address): string {
  if (width === 32) {
    const number = Number(bits);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(112 - at * 16)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function readIpv4(text: string): bigint {
  return BigInt(text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0));
}

/** The text is known to be an IPv6 address. */
function readIpv6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const left = readGroups(head);
  const right = tail === undefined ? [] : readGroups(tail);
  const gap = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...gap, ...right].reduce((sum, group) => (sum << 16n) + group, 0n);
}

function readGroups(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [BigInt(`0x${part}`)];
    const ipv4 = readIpv4(part);
    return [ipv4 >> 16n, ipv4 & 0xffffn];
  });
}

/** @returns the network of `10.0.0.0/8`, or of a single address; undefined when the text is neither */
export function parseAddressOrNetwork(text: string): Network | undefined {
  if (text.includes("/")) return parseNetwork(text);
  const address = parseAddress(text);
  return address === undefined ? undefined : { ...address, length: address.width };
}

/** @returns the one way to write a network; a single address has no length */
export function formatNetwork({ bits, width, length }: Network): string {
  const base = formatAddress({ bits: bits << BigInt(width - length), width });
  return length === width ? base : `${base}/${length}`;
}

/** @returns true when the two share an address; then one contains the other */
export function networksOverlap(one: Network, other: Network): boolean {
  if (one.width !== other.width) return false;
  const length = Math.min(one.length, other.length);
  return one.bits >> BigInt(one.length - length) === other.bits >> BigInt(other.length - length);
}
