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

/** Windows that a late event falls into and that are looked at: those that end at it and at the next events. */
const LATE_WINDOWS_MAX = 32;

/**
 * Which rules were seen in a window, and in which order. Each rule has room of its own, so that a flood of one cannot push
 * out the others. A late event is judged by every window it falls into, up to {@link LATE_WINDOWS_MAX}.
 */
export class TemporalWindow implements GroupWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  readonly #condition: TemporalCondition;
  readonly #perRule: number;
  /** Of each rule, oldest first: what is in the newest window. */
  readonly #seen: Seen[][];
  /** What was in a window that a late event may still fall into. */
  readonly #past: Seen[][];
  #arrivals = 0;
  #lastEventId: string | undefined;

  constructor(settings: WindowSettings, condition: TemporalCondition) {
    this.#settings = settings;
    this.#condition = condition;
    this.#perRule = Math.max(1, Math.floor(settings.capacity / condition.rules));
    this.#seen = Array.from({ length: condition.rules }, () => []);
    this.#past = Array.from({ length: condition.rules }, () => []);
  }

  get size(): number {
    return [...this.#seen, ...this.#past].reduce((sum, list) => sum + list.length, 0);
  }

  add(time: number, eventId: string, _value: string, rule: number): WindowReading {
    const { spanMs, latenessMs } = this.#settings;
    if (time < this.newestTime - latenessMs) return LATE;
    const isLate = time < this.newestTime;
    this.newestTime = Math.max(time, this.newestTime);
    // an event that several rules match is one event: it cannot follow itself
    if (eventId !== this.#lastEventId) this.#arrivals += 1;
    this.#lastEventId = eventId;
    const entry = { time, arrival: this.#arrivals, eventId };
    insertInOrder(time > this.newestTime - spanMs ? this.#seen[rule] : this.#past[rule], entry);
    this.#prune();
    const events = this.#find(this.#seen);
    if (!isLate || events !== undefined) return this.#reading(events, this.newestTime);
    return this.#judgePast(time);
  }

  /** The oldest window before the newest that an event of the time falls into and that fulfils the condition. */
  #judgePast(time: number): WindowReading {
    const { spanMs } = this.#settings;
    const all = this.#seen.map((list, rule) => [...(this.#past[rule] ?? []), ...list]);
    const ends = all.flatMap((list) => list.map((one) => one.time)).filter((end) => end >= time && end < time + spanMs);
    const inTurn = [...new Set(ends)].sort((left, right) => left - right).slice(0, LATE_WINDOWS_MAX);
    for (const end of inTurn) {
      const events = this.#find(all.map((list) => list.filter((one) => one.time > end - spanMs && one.time <= end)));
      if (events !== undefined) return this.#reading(events, end);
    }
    return this.#reading(undefined, this.newestTime);
  }

  #prune(): void {
    const from = this.newestTime - this.#settings.spanMs;
    for (const [rule, list] of this.#seen.entries()) {
      const over = countUpTo(list, from);
      const tooMany = Math.max(0, list.length - over - this.#perRule);
      this.dropped += tooMany;
      const past = this.#past[rule];
      if (past === undefined) continue;
      if (over + tooMany > 0) past.push(...list.splice(0, over + tooMany).slice(0, over));
      const spent = Math.max(countUpTo(past, from - this.#settings.latenessMs), past.length - this.#perRule);
      if (spent > 0) past.splice(0, spent);
    }
  }

  /** The events that satisfy the condition, in their order; undefined when none do. */
  #find(lists: readonly (readonly Seen[])[]): readonly Seen[] | undefined {
    const { ordered, alternatives } = this.#condition;
    if (alternatives !== undefined) {
      for (const { seen, unseen } of alternatives) {
        if (unseen.some((rule) => (lists[rule]?.length ?? 0) > 0)) continue;
        const events = ordered ? chain(lists, seen) : latestOf(lists, seen);
        if (events !== undefined) return events;
      }
      return undefined;
    }
    const events = ordered ? longestChain(lists) : inOrder(lists.flatMap((list) => list.at(-1) ?? []));
    return holdsAll(this.#settings.bounds, events.length) ? events : undefined;
  }

  #reading(events: readonly Seen[] | undefined, end: number): WindowReading {
    return {
      late: false,
      satisfied: events !== undefined,
      isNewest: end === this.newestTime,
      count: events?.length ?? 0,
      firstTime: events?.[0]?.time ?? end,
      lastTime: end,
      eventIds: [...new Set(events?.map(({ eventId }) => eventId))].slice(-this.#settings.eventIdsMax),
    };
  }
}

function insertInOrder(list: Seen[] | undefined, entry: Seen): void {
  if (list === undefined) return;
  let at = list.length;
  while (at > 0 && isBefore(entry, list[at - 1] ?? entry)) at -= 1;
  list.splice(at, 0, entry);
}

function countUpTo(list: readonly Seen[], time: number): number {
  let count = 0;
  while ((list[count]?.time ?? Number.POSITIVE_INFINITY) <= time) count += 1;
  return count;
}

function latestOf(lists: readonly (readonly Seen[])[], rules: readonly number[]): readonly Seen[] | undefined {
  const found = rules.flatMap((rule) => lists[rule]?.at(-1) ?? []);
  return found.length === rules.length ? inOrder(found) : undefined;
}

/** One event of each rule, each after the one before: taking the earliest possible each time loses no chain. */
function chain(lists: readonly (readonly Seen[])[], rules: readonly number[]): readonly Seen[] | undefined {
  const events: Seen[] = [];
  for (const rule of rules) {
    const last = events.at(-1);
    const next = lists[rule]?.find((one) => last === undefined || isBefore(last, one));
    if (next === undefined) return undefined;
    events.push(next);
  }
  return events;
}

/** The longest run of events whose rules stand in the order of the list. */
function longestChain(lists: readonly (readonly Seen[])[]): readonly Seen[] {
  const whole = chain(
    lists,
    lists.map((_, rule) => rule),
  );
  if (whole !== undefined) return whole;
  /** For each rule, the longest chains that end with it: at each length the earliest end. */
  let ends: (readonly Seen[])[] = [];
  for (const list of lists) {
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

const inOrder = (events: readonly Seen[]): readonly Seen[] =>
  [...events].sort((left, right) => left.time - right.time || left.arrival - right.arrival);
