import { parseAddress, parseNetwork, prefixOf } from "../kernel/index.ts";

/** Networks by the lengths of prefix that occur: an address costs one look for each of them, however many networks there are. */
export class NetworkTable<T> {
  /** IPv4, by the first bits as a number */
  readonly #short = new Map<number, Map<number, T>>();
  readonly #long = new Map<number, Map<bigint, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param network as `normalizeIndicator` writes it; others are passed over */
  add(network: string, value: T): void {
    const parsed = parseNetwork(network);
    if (parsed === undefined) return;
    const { bits, width, length } = parsed;
    const isNew = width === 32 ? put(this.#short, length, Number(bits), value) : put(this.#long, length, bits, value);
    if (isNew) this.#size += 1;
  }

  /** @param address as `formatAddress` writes it */
  find(address: string): readonly T[] {
    if (this.#size === 0) return NOTHING;
    const found: T[] = [];
    if (address.includes(":")) this.#findLong(address, found);
    else this.#findShort(readDotted(address), found);
    return found;
  }

  #findShort(bits: number, found: T[]): void {
    for (const [length, networks] of this.#short) {
      const value = networks.get(length === 32 ? bits : bits >>> (32 - length));
      if (value !== undefined) found.push(value);
    }
  }

  #findLong(text: string, found: T[]): void {
    const address = this.#long.size === 0 ? undefined : parseAddress(text);
    if (address === undefined) return;
    for (const [length, networks] of this.#long) {
      const value = networks.get(prefixOf(address, length));
      if (value !== undefined) found.push(value);
    }
  }
}

const NOTHING: readonly never[] = [];

function put<K, T>(tables: Map<number, Map<K, T>>, length: number, bits: K, value: T): boolean {
  let table = tables.get(length);
  if (table === undefined) tables.set(length, (table = new Map()));
  const isNew = !table.has(bits);
  table.set(bits, value);
  return isNew;
}

function readDotted(address: string): number {
  let bits = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 46) {
      bits = bits * 256 + part;
      part = 0;
    } else part = part * 10 + code - 48;
  }
  return bits * 256 + part;
}
