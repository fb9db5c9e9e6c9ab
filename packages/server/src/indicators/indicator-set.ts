import type { IndicatorHit } from "@firebreak/protocol";
import { parseAddress, parseNetwork, prefixOf } from "../kernel/index.ts";
import type { Address } from "../kernel/index.ts";
import { observeText } from "./observe.ts";
import type { ObservedType } from "./observe.ts";
import { compileTextPattern } from "./text-pattern.ts";

/** An indicator as it is matched. */
export interface Entry extends Omit<IndicatorHit, "path"> {
  readonly effect: "match" | "allow";
  /** undefined: never */
  readonly expiresMs: number | undefined;
}

/** Hits kept with one event. */
const HITS_MAX = 20;
const DEPTH_MAX = 40;
const PATH_CHARACTERS_MAX = 200;

/**
 * All indicators in maps, so that an event costs a few looks for each address, name or hash in it, whatever their number:
 * exact ones, domains by their parents, networks by the lengths of prefix that occur.
 */
export class IndicatorSet {
  readonly #reported = new Lookup();
  readonly #allowed = new Lookup();

  constructor(entries: Iterable<Entry>) {
    for (const entry of entries) (entry.effect === "allow" ? this.#allowed : this.#reported).add(entry);
  }

  get size(): number {
    return this.#reported.size + this.#allowed.size;
  }

  /** @returns the indicators met in these texts, each once, with the place where it was met first */
  match(texts: { readonly resource?: string | undefined; readonly data?: unknown }, nowMs: number): IndicatorHit[] {
    if (this.#reported.size === 0) return [];
    const hits = new Map<string, IndicatorHit>();
    const visit = (text: string, path: string) => {
      observeText(text, (type, value) => this.#judge(type, value, nowMs, (entry) => addHit(hits, entry, path)));
      for (const entry of this.#reported.findPatterns(text)) if (isAlive(entry, nowMs)) addHit(hits, entry, path);
    };
    if (texts.resource !== undefined) visit(texts.resource, "resource");
    visitTexts(texts.data, "data", DEPTH_MAX, visit);
    return [...hits.values()];
  }

  #judge(type: ObservedType, value: string, nowMs: number, hit: (entry: Entry) => void): void {
    const found = this.#reported.find(type, value).filter((entry) => isAlive(entry, nowMs));
    if (found.length === 0 || this.#isAllowed(type, value, nowMs)) return;
    for (const entry of found) hit(entry);
  }

  /** What lies on an allowed host is allowed with it. */
  #isAllowed(type: ObservedType, value: string, nowMs: number): boolean {
    const isListed = (kind: ObservedType, text: string) =>
      this.#allowed.find(kind, text).some((entry) => isAlive(entry, nowMs));
    if (isListed(type, value)) return true;
    if (type === "email") return isListed("domain", value.slice(value.indexOf("@") + 1));
    if (type !== "url") return false;
    const host = new URL(value).hostname.replaceAll(/^\[|\]$/g, "");
    return isListed("domain", host) || isListed("ip", host);
  }
}

function isAlive({ expiresMs }: Entry, nowMs: number): boolean {
  return expiresMs === undefined || expiresMs > nowMs;
}

function addHit(hits: Map<string, IndicatorHit>, entry: Entry, path: string): void {
  if (hits.size >= HITS_MAX || hits.has(entry.id)) return;
  const { id, type, value, source, severity } = entry;
  hits.set(id, { id, type, value, source, severity, path: path.slice(0, PATH_CHARACTERS_MAX) });
}

function visitTexts(value: unknown, path: string, levels: number, visit: (text: string, path: string) => void): void {
  if (typeof value === "string") return visit(value, path);
  if (typeof value !== "object" || value === null || levels <= 0) return;
  const isList = Array.isArray(value);
  for (const [key, member] of Object.entries(value))
    visitTexts(member, isList ? path : `${path}.${key}`, levels - 1, visit);
}

class Lookup {
  readonly #exact: Readonly<Record<ObservedType, Map<string, Entry>>> = {
    ip: new Map(),
    domain: new Map(),
    url: new Map(),
    hash: new Map(),
    email: new Map(),
    file_name: new Map(),
    file_path: new Map(),
    wallet: new Map(),
  };
  readonly #patterns: { readonly entry: Entry; readonly test: (text: string) => boolean }[] = [];
  /** by family, length and first bits */
  readonly #networks = new Map<string, Entry>();
  readonly #lengths = { 32: new Set<number>(), 128: new Set<number>() };

  get size(): number {
    const others = this.#networks.size + this.#patterns.length;
    return Object.values(this.#exact).reduce((sum, { size }) => sum + size, others);
  }

  add(entry: Entry): void {
    if (entry.type === "pattern") return this.#addPattern(entry);
    if (entry.type === "cidr") return this.#addNetwork(entry);
    this.#exact[entry.type].set(entry.value, entry);
  }

  #addPattern(entry: Entry): void {
    const compiled = compileTextPattern(entry.value);
    if (compiled.ok) this.#patterns.push({ entry, test: compiled.test });
  }

  #addNetwork(entry: Entry): void {
    const network = parseNetwork(entry.value);
    if (network === undefined) return;
    this.#lengths[network.width].add(network.length);
    this.#networks.set(`${network.width}/${network.length} ${network.bits}`, entry);
  }

  find(type: ObservedType, value: string): Entry[] {
    const found: Entry[] = [];
    if (type === "domain") this.#findParents(value, found);
    else this.#take(this.#exact[type].get(value), found);
    const address = type === "ip" && this.#networks.size > 0 ? parseAddress(value) : undefined;
    if (address !== undefined) this.#findNetworks(address, found);
    return found;
  }

  findPatterns(text: string): Entry[] {
    return this.#patterns.filter(({ test }) => test(text)).map(({ entry }) => entry);
  }

  /** `a.b.example.org` is met by `example.org`. */
  #findParents(name: string, found: Entry[]): void {
    const domains = this.#exact.domain;
    if (domains.size === 0) return;
    for (let rest = name; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
      this.#take(domains.get(rest), found);
    }
  }

  #findNetworks(address: Address, found: Entry[]): void {
    for (const length of this.#lengths[address.width]) {
      this.#take(this.#networks.get(`${address.width}/${length} ${prefixOf(address, length)}`), found);
    }
  }

  #take(entry: Entry | undefined, found: Entry[]): void {
    if (entry !== undefined) found.push(entry);
  }
}
