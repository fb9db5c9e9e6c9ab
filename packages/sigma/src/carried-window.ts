import { shorten } from "./text.ts";
import { takeTokens } from "./value-tokens.ts";
import { LATE, NO_VERDICT, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Origin {
  /** First and last time it was seen. */
  readonly firstTime: number;
  readonly time: number;
  readonly eventId: string;
}

interface Use {
  readonly time: number;
  readonly eventId: string;
  readonly text: string;
}

interface Carried {
  readonly text: string;
  readonly sourceId: string;
  readonly useId: string;
}

const SOURCE = 0;
const USE = 1;
/** Tokens kept of the sources, of the uses, and of what is trusted. */
const TOKENS_MAX = 4096;
const TOKEN_CHARS_MAX = 120;
/** Characters kept of uses that nobody has looked into; about what as many tokens come from. */
const UNREAD_CHARS_MAX = 64 * 1024;
const UNREAD_CHARS_PER_ENTRY = 64;

/**
 * Values of a source that turn up in a use after it. What was seen in a trusted place before, or is trusted later, is nobody's. Each
 * value is reported once in a span. A use that arrives before its source is kept, so that the order of arrival does not count; it is
 * not looked into before there is a source, and for most agents there never is one.
 */
export class CarriedWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  readonly #charsMin: number;
  readonly #sources = new Map<number, Origin>();
  readonly #uses = new Map<number, Use>();
  /** Whole texts, in the order they came. */
  readonly #unread = new Map<number, Use>();
  #unreadNumber = 0;
  #unreadChars = 0;
  readonly #trusted = new Map<number, { readonly time: number }>();
  readonly #reported = new Map<number, { readonly time: number }>();

  constructor(settings: WindowSettings, charsMin: number) {
    this.#settings = settings;
    this.#charsMin = charsMin;
  }

  get size(): number {
    const unread = this.#unread.size + Math.floor(this.#unreadChars / UNREAD_CHARS_PER_ENTRY);
    return this.#sources.size + this.#uses.size + unread + this.#trusted.size + this.#reported.size;
  }

  add(time: number, eventId: string, text: string, rule: number): WindowReading {
    if (time <= this.newestTime - this.#settings.spanMs || time < this.newestTime - this.#settings.latenessMs)
      return LATE;
    this.newestTime = Math.max(time, this.newestTime);
    const carried: Carried[] = [];
    const use = { time, eventId, text };
    if (rule === USE && this.#sources.size === 0) this.#keepUnread(use);
    else if (rule === USE) this.#readUse(use, carried);
    else if (rule === SOURCE) this.#readSource(text, { firstTime: time, time, eventId }, carried);
    else takeTokens(text, this.#charsMin, (hash) => this.#trust(hash, time));
    for (const kept of [this.#sources, this.#uses, this.#trusted, this.#reported]) this.#prune(kept);
    this.#pruneUnread();
    return carried.length === 0 ? NO_VERDICT : this.#reading(carried);
  }

  #keepUnread(use: Use): void {
    this.#unread.set((this.#unreadNumber += 1), use);
    this.#unreadChars += use.text.length;
  }

  #readSource(text: string, origin: Origin, carried: Carried[]): void {
    for (const use of this.#unread.values()) this.#readUse(use, carried);
    this.#unread.clear();
    this.#unreadChars = 0;
    takeTokens(text, this.#charsMin, (hash) => this.#addSource(hash, origin, carried));
  }

  #readUse({ time, eventId, text }: Use, carried: Carried[]): void {
    takeTokens(text, this.#charsMin, (hash, of, from, to) => {
      this.#addUse(hash, { time, eventId, text: of.slice(from, Math.min(to, from + TOKEN_CHARS_MAX)) }, carried);
    });
  }

  #addSource(hash: number, origin: Origin, carried: Carried[]): void {
    if (this.#trusted.has(hash)) return;
    const known = this.#sources.get(hash);
    if (known === undefined || !this.#isOpen(known.time, origin.time)) put(this.#sources, hash, origin);
    else if (origin.time < known.firstTime || origin.time > known.time + this.#settings.spanMs / 8) {
      // seen again: worth the work only when it makes a difference
      const firstTime = Math.min(known.firstTime, origin.time);
      put(this.#sources, hash, { ...origin, firstTime, time: Math.max(known.time, origin.time) });
    }
    const use = this.#uses.get(hash);
    // of the same moment, what arrives first came first
    if (use !== undefined && use.time > origin.time) this.#compare(hash, origin, use, carried);
  }

  #addUse(hash: number, use: Use, carried: Carried[]): void {
    put(this.#uses, hash, use);
    const origin = this.#sources.get(hash);
    if (origin !== undefined) this.#compare(hash, origin, use, carried);
  }

  #trust(hash: number, time: number): void {
    put(this.#trusted, hash, { time });
    this.#sources.delete(hash);
  }

  #compare(hash: number, origin: Origin, use: Use, carried: Carried[]): void {
    if (origin.eventId === use.eventId || use.time < origin.firstTime || !this.#isOpen(origin.time, use.time)) return;
    const reported = this.#reported.get(hash);
    if (reported !== undefined && this.#isOpen(reported.time, use.time)) return;
    put(this.#reported, hash, { time: use.time });
    carried.push({ text: use.text, sourceId: origin.eventId, useId: use.eventId });
  }

  #isOpen(time: number, now: number): boolean {
    return time > now - this.#settings.spanMs;
  }

  #prune(kept: Map<number, { readonly time: number }>): void {
    for (const [hash, { time }] of kept) {
      const isOpen = this.#isOpen(time, this.newestTime);
      if (isOpen && kept.size <= TOKENS_MAX) return;
      if (isOpen) this.dropped += 1;
      kept.delete(hash);
    }
  }

  #pruneUnread(): void {
    for (const [number, { time, text }] of this.#unread) {
      const isOpen = this.#isOpen(time, this.newestTime);
      if (isOpen && this.#unreadChars <= UNREAD_CHARS_MAX) return;
      if (isOpen) this.dropped += 1;
      this.#unread.delete(number);
      this.#unreadChars -= text.length;
    }
  }

  #reading(carried: readonly Carried[]): WindowReading {
    const sources = carried.map(({ sourceId }) => sourceId);
    const uses = carried.map(({ useId }) => useId);
    const longest = carried.reduce((best, one) => (one.text.length > best.text.length ? one : best));
    return {
      late: false,
      satisfied: true,
      isNewest: true,
      count: carried.length,
      firstTime: this.newestTime,
      lastTime: this.newestTime,
      eventIds: [...new Set([...sources, ...uses])].slice(-this.#settings.eventIdsMax),
      detail: shorten(longest.text, TOKEN_CHARS_MAX),
    };
  }
}

/** What is put last stands last. */
function put<T>(map: Map<number, T>, hash: number, value: T): void {
  map.delete(hash);
  map.set(hash, value);
}
