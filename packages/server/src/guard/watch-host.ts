import { GUARD_MEASURES } from "@firebreak/protocol";
import type { GuardLevel, GuardMeasure, GuardMeasureName } from "@firebreak/protocol";
import { toIso } from "../kernel/index.ts";
import type { Clock, GuardSettings } from "../kernel/index.ts";
import { compareCounters } from "./host-counters.ts";
import type { HostCounters, HostReading } from "./host-counters.ts";
import { forgetWaiting, highest, NORMAL, stepLevel } from "./levels.ts";
import type { Exceeds, LevelState } from "./levels.ts";

export const SAMPLE_EVERY_MS = 5_000;
/** A longer pause than this was sleep or a standstill: what lay between is not known. */
const GAP_MS = 4 * SAMPLE_EVERY_MS;
const HISTORY_MAX = 60;
/** A trend is the mean of so many samples against that of as many before them, in points. */
const TREND_SAMPLES = 5;
const TREND_POINTS = 5;

interface Sample {
  readonly at: string;
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
}

type Counting = { readonly counters: HostCounters; readonly atMs: number };

/** Turns counters, read again and again, into levels, a history and trends. */
export class HostWatch {
  readonly #settings: GuardSettings;
  readonly #clock: Clock;
  #before: Counting | null = null;
  #states: Record<GuardMeasureName, LevelState> = { cpu: NORMAL, memory: NORMAL, disk: NORMAL };
  #since: Record<GuardMeasureName, string>;
  #history: Sample[] = [];
  #reading: HostReading | null = null;

  constructor(settings: GuardSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    const now = toIso(clock.now());
    this.#since = { cpu: now, memory: now, disk: now };
  }

  /** @returns the reading, or null when there is nothing yet to compare with */
  take(counters: HostCounters): HostReading | null {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#before;
    this.#before = { counters, atMs: nowMs };
    if (before === null || nowMs - before.atMs > GAP_MS) {
      for (const name of GUARD_MEASURES) this.#states[name] = forgetWaiting(this.#states[name]);
      return null;
    }
    const reading = compareCounters(before.counters, counters, nowMs - before.atMs);
    this.#reading = reading;
    for (const name of GUARD_MEASURES) this.#step(name, nowMs, reading);
    const { cpu, memory, disk } = reading;
    const sample = { cpu: cpu.percent, memory: memory.percent, disk: disk?.percent ?? 0 };
    this.#history = [...this.#history, { at: toIso(this.#clock.now()), ...sample }].slice(-HISTORY_MAX);
    return reading;
  }

  #step(name: GuardMeasureName, nowMs: number, reading: HostReading): void {
    const { riseSeconds, fallSeconds } = this.#settings;
    const timing = { riseMs: riseSeconds[name] * 1000, fallMs: fallSeconds * 1000 };
    const next = stepLevel(this.#states[name], nowMs, exceedsIn(this.#settings, name, reading), timing);
    if (next.level !== this.#states[name].level) this.#since[name] = toIso(this.#clock.now());
    this.#states[name] = next;
  }

  get level(): GuardLevel {
    return highest(GUARD_MEASURES.map((name) => this.#states[name].level));
  }

  levelOf(name: GuardMeasureName): GuardLevel {
    return this.#states[name].level;
  }

  /** in an emergency that is not yet passing: what has fallen below its tier needs no further stop, though the level lasts */
  isShort(name: "cpu" | "memory"): boolean {
    const { level, aboveSinceMs } = this.#states[name];
    return level === "emergency" && aboveSinceMs.emergency !== null;
  }

  /** whether anything is above its first tier now, or not yet taken for over */
  get isUneasy(): boolean {
    return GUARD_MEASURES.some((name) => {
      const { level, aboveSinceMs } = this.#states[name];
      return level !== "normal" || aboveSinceMs.warn !== null;
    });
  }

  get reading(): HostReading | null {
    return this.#reading;
  }

  get history(): readonly Sample[] {
    return this.#history;
  }

  measures(): GuardMeasure[] {
    const reading = this.#reading;
    if (reading === null) return [];
    return GUARD_MEASURES.map((name) => ({
      name,
      percent: reading[name]?.percent ?? 0,
      level: this.#states[name].level,
      since: this.#since[name],
      trend: trendOf(this.#history.map((sample) => sample[name])),
      of: name === "disk" ? "host" : reading[name].of,
    }));
  }
}

/** By how much the free space must exceed its tier before that counts as over. */
const EASED_FREE = 1.2;

function exceedsIn(settings: GuardSettings, name: GuardMeasureName, reading: HostReading): Exceeds {
  const { hysteresisPercent, cpuPercent, memoryPercent, diskPercent, diskFreeGb } = settings;
  const over = (percent: number, tier: number, eased: boolean) => percent > tier - (eased ? hysteresisPercent : 0);
  switch (name) {
    case "cpu":
      return (level, eased) => over(reading.cpu.percent, cpuPercent[level], eased);
    case "memory":
      return (level, eased) => over(reading.memory.percent, memoryPercent[level], eased);
    case "disk":
      return (level, eased) => {
        const { disk } = reading;
        if (disk === null || level === "emergency") return false;
        const freeGb = disk.freeBytes / 1024 ** 3;
        return over(disk.percent, diskPercent[level], eased) || freeGb < diskFreeGb[level] * (eased ? EASED_FREE : 1);
      };
    default:
      return name satisfies never;
  }
}

function trendOf(values: readonly number[]): GuardMeasure["trend"] {
  const [late, early] = [values.slice(-TREND_SAMPLES), values.slice(-2 * TREND_SAMPLES, -TREND_SAMPLES)];
  if (early.length < TREND_SAMPLES) return "steady";
  const difference = mean(late) - mean(early);
  if (Math.abs(difference) < TREND_POINTS) return "steady";
  return difference > 0 ? "rising" : "falling";
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
