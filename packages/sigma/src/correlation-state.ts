import type { Correlation, KeyField } from "./correlation.ts";
import { isNumberText, NumberWindow } from "./number-window.ts";
import { TemporalWindow } from "./temporal-window.ts";
import type { EngineLimits, EventMeta } from "./types.ts";
import type { EventView } from "./view.ts";
import { CountWindow, DistinctWindow, type GroupWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** A group whose condition came true. */
export interface Firing {
  readonly groupBy: Readonly<Record<string, string>>;
  readonly reading: WindowReading;
}

export interface StateCounts {
  evictedGroups: number;
  droppedEntries: number;
  lateEvents: number;
  ungroupedEvents: number;
}

interface Group {
  readonly groupBy: Readonly<Record<string, string>>;
  readonly window: GroupWindow;
  firing: boolean;
  firedTime: number | undefined;
}

/** Longer values are kept by their beginning, length and a hash, so that keys stay small. */
const KEY_CHARS_MAX = 256;
/** How many of the least recently used groups are compared before one is evicted. */
const EVICTION_SAMPLE = 16;

/** A sum is only right with all its events: room for more than a count needs. */
const MEASURED_ENTRIES_MIN = 16_384;

/** What happened: a match of the rule `ruleId` on the event of the view, or a report of the correlation of that id. */
export interface Occurrence {
  readonly view: EventView;
  readonly ruleId: string;
  readonly meta: EventMeta;
  /** Of a correlation's report; its names count before the event's fields. */
  readonly groupBy?: Readonly<Record<string, string>>;
}

/** Told of everything a correlation looks at; for explanations. */
export type Observe = (
  occurrence: Occurrence,
  seen:
    | { readonly groupBy: Readonly<Record<string, string>>; readonly reading: WindowReading; readonly fires: boolean }
    | undefined,
) => void;

/** The groups of one correlation. Memory is bounded by groups and entries; what had to go is counted. */
export class CorrelationState {
  readonly #correlation: Correlation;
  readonly #limits: EngineLimits;
  readonly #counts: StateCounts;
  readonly #settings: WindowSettings;
  /** Place of each rule in the correlation's list. */
  readonly #places: ReadonlyMap<string, number>;
  /** Least recently used first. */
  readonly #groups = new Map<string, Group>();
  /** The group used last stands at the end already. */
  #latest: { readonly key: string; readonly group: Group } | undefined;
  #candidates: [string, Group][] = [];
  #oldest: IterableIterator<[string, Group]> | undefined;
  #entries = 0;
  readonly #observe: Observe | undefined;

  /** @param ruleIds of the correlation's references, in their order */
  constructor(
    correlation: Correlation,
    ruleIds: readonly string[],
    limits: EngineLimits,
    counts: StateCounts,
    observe?: Observe,
  ) {
    this.#correlation = correlation;
    this.#observe = observe;
    this.#limits = limits;
    this.#counts = counts;
    this.#places = new Map(ruleIds.map((id, place) => [id, place]));
    this.#settings = {
      spanMs: correlation.timespanMs,
      latenessMs: limits.latenessMs,
      capacity: Math.max(limits.entriesPerGroupMax, entriesNeeded(correlation)),
      eventIdsMax: limits.eventIdsMax,
      bounds: correlation.bounds,
    };
  }

  get groups(): number {
    return this.#groups.size;
  }

  get entries(): number {
    return this.#entries;
  }

  update(occurrence: Occurrence): Firing | undefined {
    const { ruleId, meta } = occurrence;
    const keys = readKeys(this.#correlation.groupBy, occurrence);
    const counted = readKeys(this.#correlation.counted, occurrence);
    if (keys === undefined || counted === undefined || !this.#canMeasure(counted)) {
      this.#counts.ungroupedEvents += 1;
      this.#observe?.(occurrence, undefined);
      return undefined;
    }
    const group = this.#touch(keys);
    const before = group.window.size;
    const droppedBefore = group.window.dropped;
    const reading = group.window.add(meta.time, meta.id, joinKeys(counted), this.#places.get(ruleId) ?? 0);
    this.#entries += group.window.size - before;
    this.#counts.droppedEntries += group.window.dropped - droppedBefore;
    if (reading.late) this.#counts.lateEvents += 1;
    const fires = !reading.late && decide(group, reading, this.#settings.spanMs);
    this.#observe?.(occurrence, { groupBy: group.groupBy, reading, fires });
    while (this.#entries > this.#limits.entriesPerRuleMax && this.#groups.size > 1) this.#makeRoom(meta.time);
    return fires ? { groupBy: group.groupBy, reading } : undefined;
  }

  sweep(now: number): void {
    for (const [key, group] of this.#groups) if (this.#isOver(group, now)) this.#remove(key, group);
  }

  #touch(keys: readonly string[]): Group {
    const key = joinKeys(keys);
    if (this.#latest?.key === key) return this.#latest.group;
    const group = this.#groups.get(key) ?? this.#createGroup(keys);
    this.#groups.delete(key);
    this.#groups.set(key, group);
    this.#latest = { key, group };
    if (this.#groups.size > this.#limits.groupsPerRuleMax) this.#makeRoom(undefined);
    return group;
  }

  #createGroup(keys: readonly string[]): Group {
    const names = this.#correlation.groupBy.map((field, index) => [field.name, keys[index] ?? ""] as const);
    return { groupBy: Object.fromEntries(names), window: this.#createWindow(), firing: false, firedTime: undefined };
  }

  #createWindow(): GroupWindow {
    const { type, measure, alternatives, references } = this.#correlation;
    if (measure !== undefined) return new NumberWindow(this.#settings, measure);
    if (type === "temporal" || type === "temporal_ordered") {
      const ordered = type === "temporal_ordered";
      return new TemporalWindow(this.#settings, { rules: references.length, ordered, alternatives });
    }
    return type === "event_count" ? new CountWindow(this.#settings) : new DistinctWindow(this.#settings);
  }

  #canMeasure(counted: readonly string[]): boolean {
    const { measure } = this.#correlation;
    return measure === undefined || measure.kind === "share" || counted.every(isNumberText);
  }

  #isOver(group: Group, now: number): boolean {
    return group.window.newestTime + this.#settings.spanMs + this.#settings.latenessMs <= now;
  }

  /** Removes the group closest to its expiry, and of equals the one with least progress, among the least recently used. */
  #makeRoom(now: number | undefined): void {
    this.#findCandidates();
    let chosen = 0;
    for (const [index, candidate] of this.#candidates.entries()) {
      const best = this.#candidates[chosen];
      if (best !== undefined && goesBefore(candidate[1], best[1])) chosen = index;
    }
    const [victim] = this.#candidates.splice(chosen, 1);
    if (victim === undefined) return;
    if (now === undefined || !this.#isOver(victim[1], now)) this.#counts.evictedGroups += 1;
    this.#remove(...victim);
  }

  /**
   * Goes on through the groups where it stopped: to begin at the oldest each time would step over all that was removed
   * before.
   */
  #findCandidates(): void {
    const isThere = ([key, group]: readonly [string, Group]) => this.#groups.get(key) === group;
    this.#candidates = this.#candidates.filter(isThere);
    const wanted = Math.min(EVICTION_SAMPLE, this.#groups.size - 1);
    for (let turns = 0; this.#candidates.length < wanted && turns < 2;) {
      const next = this.#oldest?.next();
      if (next === undefined || next.done === true) {
        this.#oldest = this.#groups.entries();
        turns += 1;
      } else if (this.#isCandidate(next.value)) this.#candidates.push(next.value);
    }
  }

  /** Not the group at hand, and none twice. */
  #isCandidate([key, group]: readonly [string, Group]): boolean {
    return group !== this.#latest?.group && this.#candidates.every(([known]) => known !== key);
  }

  #remove(key: string, group: Group): void {
    this.#entries -= group.window.size;
    this.#groups.delete(key);
    if (this.#latest?.key === key) this.#latest = undefined;
  }
}

function goesBefore(left: Group, right: Group): boolean {
  if (left.window.newestTime !== right.window.newestTime) return left.window.newestTime < right.window.newestTime;
  return left.window.size < right.window.size;
}

/**
 * Whether to report: on crossing into the condition, and again after it stopped holding or a whole span passed. A window
 * in the past is reported unless one within a span of it was.
 */
function decide(group: Group, reading: WindowReading, spanMs: number): boolean {
  if (!reading.satisfied) {
    if (reading.isNewest) group.firing = false;
    return false;
  }
  const { firedTime } = group;
  const isFar = firedTime === undefined || Math.abs(reading.lastTime - firedTime) >= spanMs;
  const fires = isFar || (reading.isNewest && !group.firing);
  if (reading.isNewest) group.firing = true;
  if (fires) group.firedTime = Math.max(reading.lastTime, firedTime ?? reading.lastTime);
  return fires;
}

/** One more than the highest bound decides every comparison of counts exactly. */
function entriesNeeded({ measure, bounds }: Correlation): number {
  return measure === undefined ? Math.max(0, ...bounds.map(({ value }) => value)) + 1 : MEASURED_ENTRIES_MIN;
}

/** The texts of the fields, or undefined when one is absent. */
function readKeys(fields: readonly KeyField[], { view, ruleId, groupBy }: Occurrence): string[] | undefined {
  const keys: string[] = [];
  for (const field of fields) {
    const grouped = groupBy !== undefined && Object.hasOwn(groupBy, field.name) ? groupBy[field.name] : undefined;
    if (grouped !== undefined) {
      keys.push(grouped);
      continue;
    }
    const { texts } = view.values((field.byRule.get(ruleId) ?? field.ref).slot);
    if (texts.length === 0) return undefined;
    keys.push(boundKey(texts.length === 1 ? (texts[0] ?? "") : joinKeys(texts.map(boundKey))));
  }
  return keys;
}

function joinKeys(keys: readonly string[]): string {
  return keys.length === 1 ? (keys[0] ?? "") : keys.map((key) => `${key.length}:${key}`).join("");
}

function boundKey(text: string): string {
  if (text.length <= KEY_CHARS_MAX) return text;
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${text.slice(0, KEY_CHARS_MAX)}…${text.length}#${(hash >>> 0).toString(16)}`;
}
