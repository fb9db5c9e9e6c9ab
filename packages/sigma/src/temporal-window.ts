import type { RuleSet } from "./temporal-condition.ts";
import { holdsAll } from "./bounds.ts";
import { LATE, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** When a temporal correlation holds. */
export interface TemporalCondition {
  readonly rules: number;
  /** In the order of the list. */
  readonly ordered: boolean;
  /** One of these must hold; undefined when the bounds count how many of the rules were seen. */
  readonly alternatives: readonly RuleSet[] | undefined;
}

interface Seen {
  readonly time: number;
  /** Order of arrival; events of one time follow one another by it. */
  readonly arrival: number;
  readonly eventId: string;
}

const isBefore = (left: Seen, right: Seen): boolean =>
  left.time < right.time || (left.time === right.time && left.arrival < right.arrival);

/**
 * Which rules were seen in the newest window, and in which order. Each rule has room of its own, so that a flood of one
 * cannot push out the others. Late events count while they fall into the newest window.
 */
export class TemporalWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  readonly #condition: TemporalCondition;
  readonly #perRule: number;
  /** Of each rule, oldest first. */
  readonly #seen: Seen[][];
  #arrivals = 0;
  #lastEventId: string | undefined;

  constructor(settings: WindowSettings, condition: TemporalCondition) {
    this.#settings = settings;
    this.#condition = condition;
    this.#perRule = Math.max(1, Math.floor(settings.capacity / condition.rules));
    this.#seen = Array.from({ length: condition.rules }, () => []);
  }

  get size(): number {
    return this.#seen.reduce((sum, list) => sum + list.length, 0);
  }

  add(time: number, eventId: string, _value: string, rule: number): WindowReading {
    const { spanMs, latenessMs } = this.#settings;
    if (time <= this.newestTime - spanMs || time < this.newestTime - latenessMs) return LATE;
    this.newestTime = Math.max(time, this.newestTime);
    // an event that several rules match is one event: it cannot follow itself
    if (eventId !== this.#lastEventId) this.#arrivals += 1;
    this.#lastEventId = eventId;
    this.#insert(rule, { time, arrival: this.#arrivals, eventId });
    this.#prune();
    return this.#reading(this.#find());
  }

  #insert(rule: number, entry: Seen): void {
    const list = this.#seen[rule];
    if (list === undefined) return;
    let at = list.length;
    while (at > 0 && isBefore(entry, list[at - 1] ?? entry)) at -= 1;
    list.splice(at, 0, entry);
  }

  #prune(): void {
    const from = this.newestTime - this.#settings.spanMs;
    for (const list of this.#seen) {
      let over = 0;
      while ((list[over]?.time ?? Number.POSITIVE_INFINITY) <= from) over += 1;
      const tooMany = Math.max(0, list.length - over - this.#perRule);
      this.dropped += tooMany;
      if (over + tooMany > 0) list.splice(0, over + tooMany);
    }
  }

  /** The events that satisfy the condition, in their order; undefined when none do. */
  #find(): readonly Seen[] | undefined {
    const { ordered, alternatives } = this.#condition;
    if (alternatives !== undefined) {
      for (const { seen, unseen } of alternatives) {
        if (unseen.some((rule) => this.#latest(rule) !== undefined)) continue;
        const events = ordered ? this.#chain(seen) : this.#latestOf(seen);
        if (events !== undefined) return events;
      }
      return undefined;
    }
    const events = ordered ? this.#longestChain() : this.#present();
    return holdsAll(this.#settings.bounds, events.length) ? events : undefined;
  }

  #latest(rule: number): Seen | undefined {
    return this.#seen[rule]?.at(-1);
  }

  #latestOf(rules: readonly number[]): readonly Seen[] | undefined {
    const found = rules.flatMap((rule) => this.#latest(rule) ?? []);
    return found.length === rules.length ? inOrder(found) : undefined;
  }

  #present(): readonly Seen[] {
    return inOrder(this.#seen.flatMap((list) => list.at(-1) ?? []));
  }

  /** One event of each rule, each after the one before: taking the earliest possible each time loses no chain. */
  #chain(rules: readonly number[]): readonly Seen[] | undefined {
    const chain: Seen[] = [];
    for (const rule of rules) {
      const last = chain.at(-1);
      const next = this.#seen[rule]?.find((one) => last === undefined || isBefore(last, one));
      if (next === undefined) return undefined;
      chain.push(next);
    }
    return chain;
  }

  /** The longest run of events whose rules stand in the order of the list. */
  #longestChain(): readonly Seen[] {
    const whole = this.#chain(this.#seen.map((_, rule) => rule));
    if (whole !== undefined) return whole;
    /** For each rule, the longest chains that end with it: at each length the earliest end. */
    let ends: (readonly Seen[])[] = [];
    for (const list of this.#seen) {
      const longer: (readonly Seen[])[] = [...ends];
      for (let length = 0; length <= ends.length; length++) {
        const before = length === 0 ? [] : (ends[length - 1] ?? []);
        const last = before.at(-1);
        const next = list.find((one) => last === undefined || isBefore(last, one));
        const known = longer[length]?.at(-1);
        if (next !== undefined && (known === undefined || isBefore(next, known))) longer[length] = [...before, next];
      }
      ends = longer;
    }
    return ends.at(-1) ?? [];
  }

  #reading(events: readonly Seen[] | undefined): WindowReading {
    return {
      late: false,
      satisfied: events !== undefined,
      isNewest: true,
      count: events?.length ?? 0,
      firstTime: events?.[0]?.time ?? this.newestTime,
      lastTime: this.newestTime,
      eventIds: [...new Set(events?.map(({ eventId }) => eventId))].slice(-this.#settings.eventIdsMax),
    };
  }
}

const inOrder = (events: readonly Seen[]): readonly Seen[] =>
  [...events].sort((left, right) => left.time - right.time || left.arrival - right.arrival);
