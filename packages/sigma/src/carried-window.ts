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

/** What is known of values, by their hash, what came last at the end. */
interface Values {
  readonly sources: Map<number, Origin>;
  readonly uses: Map<number, Use>;
  readonly trusted: Map<number, { readonly time: number }>;
  readonly reported: Map<number, { readonly time: number }>;
}

const SOURCE = 0;
const USE = 1;
/** Tokens kept of the sources, of the uses, and of what is trusted. */
const TOKENS_MAX = 4096;
const TOKEN_CHARS_MAX = 120;
/** Characters kept of uses that nobody has looked into; about what as many tokens come from. */
const UNREAD_CHARS_MAX = 64 * 1024;
const UNREAD_CHARS_PER_ENTRY = 64;
const COMPACT_MIN = 64;

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
  /** Made when something is looked into. */
  #values: Values | undefined;
  /** Whole texts, in the order they came; those before the head are let go of. */
  #unread: Use[] = [];
  #head = 0;
  #unreadChars = 0;

  constructor(settings: WindowSettings, charsMin: number) {
    this.#settings = settings;
    this.#charsMin = charsMin;
  }

  get size(): number {
    const unread = this.#unread.length - this.#head + Math.floor(this.#unreadChars / UNREAD_CHARS_PER_ENTRY);
    if (this.#values === undefined) return unread;
    const { sources, uses, trusted, reported } = this.#values;
    return sources.size + uses.size + unread + trusted.size + reported.size;
  }

  add(time: number, eventId: string, text: string, rule: number): WindowReading {
    if (time <= this.newestTime - this.#settings.spanMs || time < this.newestTime - this.#settings.latenessMs)
      return LATE;
    this.newestTime = Math.max(time, this.newestTime);
    const carried = this.#take(time, eventId, text, rule);
    if (this.#values !== undefined) for (const kept of Object.values(this.#values)) this.#prune(kept);
    this.#pruneUnread();
    return carried.length === 0 ? NO_VERDICT : this.#reading(carried);
  }

  #take(time: number, eventId: string, text: string, rule: number): readonly Carried[] {
    if (rule === USE && (this.#values === undefined || this.#values.sources.size === 0)) {
      this.#unread.push({ time, eventId, text });
      this.#unreadChars += text.length;
      return NOTHING;
    }
    const values = (this.#values ??= { sources: new Map(), uses: new Map(), trusted: new Map(), reported: new Map() });
    const carried: Carried[] = [];
    if (rule === USE) this.#readUse({ time, eventId, text }, values, carried);
    else if (rule === SOURCE) this.#readSource(text, { firstTime: time, time, eventId }, values, carried);
    else takeTokens(text, this.#charsMin, (hash) => trust(hash, time, values));
    return carried;
  }

  #readSource(text: string, origin: Origin, values: Values, carried: Carried[]): void {
    for (const use of this.#unread.slice(this.#head)) this.#readUse(use, values, carried);
    this.#unread = [];
    this.#head = 0;
    this.#unreadChars = 0;
    takeTokens(text, this.#charsMin, (hash) => this.#addSource(hash, origin, values, carried));
  }

  #readUse({ time, eventId, text }: Use, values: Values, carried: Carried[]): void {
    takeTokens(text, this.#charsMin, (hash, of, from, to) => {
      const use = { time, eventId, text: of.slice(from, Math.min(to, from + TOKEN_CHARS_MAX)) };
      put(values.uses, hash, use);
      const origin = values.sources.get(hash);
      if (origin !== undefined) this.#compare(hash, origin, use, values, carried);
    });
  }

  #addSource(hash: number, origin: Origin, values: Values, carried: Carried[]): void {
    if (values.trusted.has(hash)) return;
    const known = values.sources.get(hash);
    if (known === undefined || !this.#isOpen(known.time, origin.time)) put(values.sources, hash, origin);
    else if (origin.time < known.firstTime || origin.time > known.time + this.#settings.spanMs / 8) {
      // seen again: worth the work only when it makes a difference
      const firstTime = Math.min(known.firstTime, origin.time);
      put(values.sources, hash, { ...origin, firstTime, time: Math.max(known.time, origin.time) });
    }
    const use = values.uses.get(hash);
    // of the same moment, what arrives first came first
    if (use !== undefined && use.time > origin.time) this.#compare(hash, origin, use, values, carried);
  }

  #compare(hash: number, origin: Origin, use: Use, { reported }: Values, carried: Carried[]): void {
    if (origin.eventId === use.eventId || use.time < origin.firstTime || !this.#isOpen(origin.time, use.time)) return;
    const reportedTime = reported.get(hash)?.time;
    if (reportedTime !== undefined && this.#isOpen(reportedTime, use.time)) return;
    put(reported, hash, { time: use.time });
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
    for (let use = this.#unread[this.#head]; use !== undefined; use = this.#unread[this.#head]) {
      const isOpen = this.#isOpen(use.time, this.newestTime);
      if (isOpen && this.#unreadChars <= UNREAD_CHARS_MAX) return;
      if (isOpen) this.dropped += 1;
      this.#unreadChars -= use.text.length;
      this.#head += 1;
      if (this.#head < COMPACT_MIN || this.#head * 2 < this.#unread.length) continue;
      this.#unread = this.#unread.slice(this.#head);
      this.#head = 0;
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

const NOTHING: readonly Carried[] = [];

function trust(hash: number, time: number, { trusted, sources }: Values): void {
  put(trusted, hash, { time });
  sources.delete(hash);
}

/** What is put last stands last. */
function put<T>(map: Map<number, T>, hash: number, value: T): void {
  map.delete(hash);
  map.set(hash, value);
}
