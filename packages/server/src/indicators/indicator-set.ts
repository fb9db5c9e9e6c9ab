import type { IndicatorHit } from "@firebreak/protocol";
import { NetworkTable } from "./network-table.ts";
import { observeText } from "./observe.ts";
import type { ObservedType, Wanted } from "./observe.ts";
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
  readonly #wanted: Wanted;

  constructor(entries: Iterable<Entry>) {
    for (const entry of entries) (entry.effect === "allow" ? this.#allowed : this.#reported).add(entry);
    this.#wanted = this.#reported.wanted;
  }

  /** Whether there are hashes, so that those of files are worth computing. */
  get hasHashes(): boolean {
    return this.#wanted.hash;
  }

  get size(): number {
    return this.#reported.size + this.#allowed.size;
  }

  /** @returns the indicators met in these texts, each once, with the place where it was met first */
  match(texts: { readonly resource?: string | undefined; readonly data?: unknown }, nowMs: number): IndicatorHit[] {
    if (this.#reported.size === 0) return [];
    const hits = new Map<string, IndicatorHit>();
    const visit = (text: string, path: string) => {
      const look = (type: ObservedType, value: string) =>
        this.#judge(type, value, nowMs, (entry) => addHit(hits, entry, path));
      observeText(text, look, this.#wanted);
      for (const entry of this.#reported.findPatterns(text)) if (isAlive(entry, nowMs)) addHit(hits, entry, path);
    };
    if (texts.resource !== undefined) visit(texts.resource, "resource");
    visitTexts(texts.data, "data", DEPTH_MAX, visit);
    return [...hits.values()];
  }

  #judge(type: ObservedType, value: string, nowMs: number, hit: (entry: Entry) => void): void {
    const listed = this.#reported.find(type, value);
    if (listed.length === 0) return;
    const found = listed.filter((entry) => isAlive(entry, nowMs));
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

const NOTHING: readonly Entry[] = [];

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
  readonly #networks = new NetworkTable<Entry>();
  readonly #patterns: { readonly entry: Entry; readonly test: (text: string) => boolean }[] = [];

  get size(): number {
    const others = this.#networks.size + this.#patterns.length;
    return Object.values(this.#exact).reduce((sum, { size }) => sum + size, others);
  }

  get wanted(): Wanted {
    const { ip, domain, url, hash, email, file_name, file_path, wallet } = this.#exact;
    return {
      ip: ip.size + this.#networks.size > 0,
      domain: domain.size > 0,
      url: url.size > 0,
      hash: hash.size > 0,
      email: email.size > 0,
      file_name: file_name.size > 0,
      file_path: file_path.size > 0,
      wallet: wallet.size > 0,
    };
  }

  add(entry: Entry): void {
    if (entry.type === "cidr") this.#networks.add(entry.value, entry);
    else if (entry.type === "pattern") this.#addPattern(entry);
    else this.#exact[entry.type].set(entry.value, entry);
  }

  #addPattern(entry: Entry): void {
    const compiled = compileTextPattern(entry.value);
    if (compiled.ok) this.#patterns.push({ entry, test: compiled.test });
  }

  find(type: ObservedType, value: string): readonly Entry[] {
    if (type === "domain") return this.#findParents(value);
    const exact = this.#exact[type].get(value);
    const networks = type === "ip" ? this.#networks.find(value) : NOTHING;
    if (exact === undefined) return networks;
    return networks.length === 0 ? [exact] : [exact, ...networks];
  }

  findPatterns(text: string): readonly Entry[] {
    if (this.#patterns.length === 0) return NOTHING;
    return this.#patterns.filter(({ test }) => test(text)).map(({ entry }) => entry);
  }

  /** `a.b.example.org` is met by `example.org`. */
  #findParents(name: string): readonly Entry[] {
    const domains = this.#exact.domain;
    if (domains.size === 0) return NOTHING;
    let found: Entry[] | undefined;
    for (let rest = name; ;) {
      const entry = domains.get(rest);
      if (entry !== undefined) (found ??= []).push(entry);
      const dot = rest.indexOf(".");
      if (dot < 0) return found ?? NOTHING;
      rest = rest.slice(dot + 1);
    }
  }
}
