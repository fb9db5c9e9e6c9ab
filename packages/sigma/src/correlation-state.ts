import type { Correlation } from "./correlation.ts";
import { createWindow, windowSettings } from "./create-window.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { GroupIndex, GroupIndexes } from "./group-index.ts";
import { readHash, readKey, readTexts } from "./group-key.ts";
import type { Group } from "./group.ts";
import { GroupTable, type EvictionLog } from "./group-table.ts";
import { isNumberText } from "./number-window.ts";
import type { Occurrence } from "./occurrence.ts";
import { spansKept } from "./own-correlation.ts";
import { SilenceWindow } from "./silence-window.ts";
import type { EngineLimits } from "./types.ts";
import type { GroupWindow, TimedWindow, WindowReading, WindowSettings } from "./window.ts";

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

export interface StateRule {
  readonly correlation: Correlation;
  readonly info: { readonly id: string; readonly title: string };
  /** of the correlation's references, in their order */
  readonly ruleIds: readonly string[];
}

export interface StateContext {
  readonly limits: EngineLimits;
  readonly counts: StateCounts;
  readonly evictions: EvictionLog;
  readonly indexes: GroupIndexes;
  /** Since when the groups that a rule expects are waited for, ms; else since the first advance. */
  readonly since: number | undefined;
  readonly observe: Observe | undefined;
}

/** Told of everything a correlation looks at; for explanations. */
export type Observe = (
  occurrence: Occurrence,
  seen:
    | { readonly groupBy: Readonly<Record<string, string>>; readonly reading: WindowReading; readonly fires: boolean }
    | undefined,
) => void;

const STALE_DEADLINES_MAX = 1024;
/** Text of one record that is looked at for carried values. */
const CARRIED_CHARS_MAX = 64 * 1024;

/** The groups of one correlation and what their windows hold. */
export class CorrelationState {
  readonly #correlation: Correlation;
  readonly #context: StateContext;
  readonly #settings: WindowSettings;
  /** How long after its newest event a group matters. */
  readonly #keptMs: number;
  /** Place of each rule in the correlation's list. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #index: GroupIndex;
  readonly #groups: GroupTable;
  readonly #deadlines = new DeadlineQueue<Group>();
  /** Whether its windows have deadlines. */
  readonly #isTimed: boolean;
  /** Event time at hand. */
  #now = Number.NEGATIVE_INFINITY;
  #isStarted = false;

  constructor({ correlation, info, ruleIds }: StateRule, context: StateContext) {
    this.#correlation = correlation;
    this.#context = context;
    this.#places = new Map(ruleIds.map((id, place) => [id, place]));
    this.#settings = windowSettings(correlation, context.limits);
    this.#isTimed = correlation.own?.kind === "absence";
    this.#keptMs = this.#settings.spanMs * spansKept(correlation.own) + this.#settings.latenessMs;
    this.#index = context.indexes.of(correlation.groupBy);
    this.#groups = new GroupTable(context.limits, this.#index, (group) => {
      if (this.#isOver(group, this.#now)) return;
      const { window, owner } = group;
      const { groupBy } = group.row;
      context.counts.evictedGroups += 1;
      const { size: entries, newestTime } = window;
      context.evictions.note({ ruleId: info.id, title: info.title, tenant: owner.name, groupBy, entries, newestTime });
    });
  }

  get groups(): number {
    return this.#groups.size;
  }

  get entries(): number {
    return this.#groups.entries;
  }

  /** The place of the rule in the correlation's list. */
  placeOf(ruleId: string): number {
    return this.#places.size === 1 ? 0 : (this.#places.get(ruleId) ?? 0);
  }

  update(occurrence: Occurrence): Firing | undefined {
    const { meta } = occurrence;
    const { counts, observe } = this.#context;
    const place = this.placeOf(occurrence.ruleId);
    const key = this.#index.keyOf(occurrence);
    const hash = this.#readHash(occurrence);
    const value = this.#readValue(occurrence, place);
    if (key === undefined || value === undefined || hash === undefined) {
      counts.ungroupedEvents += 1;
      observe?.(occurrence, undefined);
      return undefined;
    }
    this.#now = meta.time;
    const group = this.#groups.get(key) ?? this.#createGroup(key, occurrence);
    group.wasUsed = true;
    const { window } = group;
    const before = window.size;
    const droppedBefore = window.dropped;
    const reading = window.add(meta.time, meta.id, value, place, hash);
    if (reading.late) counts.lateEvents += 1;
    counts.droppedEntries += window.dropped - droppedBefore;
    if (this.#isTimed && isTimed(window)) this.#queue(group, window);
    this.#groups.account(group, window.size - before);
    const fires = this.#fires(group, reading);
    observe?.(occurrence, { groupBy: group.row.groupBy, reading, fires });
    return fires ? { groupBy: group.row.groupBy, reading } : undefined;
  }

  /** Goes on to `now`, up to which no event is missing any more. @returns what came true by that */
  advance(now: number): readonly Firing[] {
    const { own } = this.#correlation;
    if (own?.kind !== "absence") return NOTHING;
    if (!this.#isStarted) this.#expectGroups(own.expected, now);
    const firings: Firing[] = [];
    for (let due = this.#deadlines.pop(now); due !== undefined; due = this.#deadlines.pop(now)) {
      const group = due.item;
      const { window } = group;
      if (group.isGone || group.queuedTime !== due.time || !isTimed(window)) continue;
      group.queuedTime = Number.POSITIVE_INFINITY;
      const before = window.size;
      if (window.deadline <= now) {
        const reading = window.expire(now);
        if (reading !== undefined) firings.push({ groupBy: group.row.groupBy, reading });
      }
      this.#queue(group, window);
      this.#groups.account(group, window.size - before);
    }
    return firings;
  }

  sweep(now: number): void {
    for (const group of this.#groups.values()) {
      if (!group.isExpected && this.#isOver(group, now)) this.#groups.remove(group);
    }
  }

  #readHash(occurrence: Occurrence): number | undefined {
    const { counted, own } = this.#correlation;
    return own?.kind === "loop" ? readHash(counted, occurrence) : 0;
  }

  #readValue(occurrence: Occurrence, place: number): string | undefined {
    const { counted, own, measure } = this.#correlation;
    if (own?.kind === "carried") {
      // what is trusted is so wherever it stands
      const fields = place === 0 ? counted : place === 1 ? own.uses : [...counted, ...own.uses];
      return readTexts(fields, occurrence, CARRIED_CHARS_MAX);
    }
    if (counted.length === 0 || own?.kind === "loop") return "";
    const value = readKey(counted, occurrence);
    const isNumeric = own?.kind === "change" || (measure !== undefined && measure.kind !== "share");
    return value === undefined || !isNumeric || isNumberText(value) ? value : undefined;
  }

  #createGroup(key: string, occurrence: Occurrence): Group {
    const groupBy = this.#index.groupByOf(occurrence);
    const window = createWindow(this.#correlation, this.#settings);
    return this.#groups.add({ key, groupBy, window, isExpected: false }, occurrence.meta.tenant ?? "");
  }

  /** Begins to wait for the groups that the rule names, unless they were heard of already. */
  #expectGroups(names: readonly string[], now: number): void {
    this.#isStarted = true;
    const from = Math.max(now, this.#context.since ?? now);
    const [field] = this.#correlation.groupBy;
    if (field === undefined) return;
    for (const name of names) {
      const known = this.#groups.get(name);
      if (known !== undefined) {
        known.isExpected = true;
        continue;
      }
      const window = new SilenceWindow(this.#settings, this.#repeats);
      window.expectFrom(from);
      const group = this.#groups.add({ key: name, groupBy: { [field.name]: name }, window, isExpected: true }, "");
      this.#queue(group, window);
      this.#groups.account(group, window.size);
    }
  }

  get #repeats(): boolean {
    return this.#correlation.own?.kind === "absence" && this.#correlation.own.repeats;
  }

  #queue(group: Group, window: TimedWindow): void {
    if (group.isGone || window.deadline >= group.queuedTime) return;
    group.queuedTime = window.deadline;
    this.#deadlines.push(window.deadline, group);
    // groups that are gone leave their entries behind
    if (this.#deadlines.size <= 2 * this.#groups.size + STALE_DEADLINES_MAX) return;
    this.#deadlines.retain((one, time) => !one.isGone && one.queuedTime === time);
  }

  #isOver({ window }: Group, now: number): boolean {
    if (isTimed(window) && window.deadline < Number.POSITIVE_INFINITY) return false;
    return window.newestTime + this.#keptMs <= now;
  }

  /** What tells values apart decides itself which are news; all else is reported on crossing into the condition. */
  #fires(group: Group, reading: WindowReading): boolean {
    if (reading.late) return false;
    const { own } = this.#correlation;
    if (own?.kind === "carried" || (own?.kind === "loop" && own.isScattered)) return reading.satisfied;
    return decide(group, reading, this.#settings.spanMs);
  }
}

const NOTHING: readonly Firing[] = [];

const isTimed = (window: GroupWindow): window is TimedWindow => "deadline" in window;

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
