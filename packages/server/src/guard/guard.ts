import type { GuardProcess, GuardView } from "@firebreak/protocol";
import type { Signal } from "../alerts/index.ts";
import type { SupervisedTree } from "../containment/index.ts";
import { messageOf, toIso } from "../kernel/index.ts";
import type { Clock, GuardSettings, Logger } from "../kernel/index.ts";
import { candidatesOf } from "./choose-victim.ts";
import type { Candidate, Victim } from "./choose-victim.ts";
import { Emergency } from "./emergency.ts";
import type { HostCounters, HostReading } from "./host-counters.ts";
import { highest } from "./levels.ts";
import type { ProcessMeter } from "./process-meter.ts";
import { signalsOf } from "./resource-alerts.ts";
import { findTop } from "./top-processes.ts";
import { HostWatch } from "./watch-host.ts";

export interface GuardOptions {
  readonly isOn: boolean;
  readonly host: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readCounters: () => Promise<HostCounters>;
  readonly meter: ProcessMeter;
  readonly listTrees: () => readonly SupervisedTree[];
  readonly readCommandLine: (pid: number) => string;
  readonly maskText: (text: string) => string;
  /** hands alerts on; they are durable when it returns */
  readonly tell: (signals: readonly Signal[]) => Promise<void>;
  /** asks all gates to slow down; null lets them go */
  readonly setThrottle: (throttle: GateThrottle | null) => void;
  /** stops a session, or asks a person whether to. @returns what was decided, or null when it cannot be decided yet */
  readonly stop: (victim: Victim) => Promise<string | null>;
}

export interface GateThrottle {
  readonly level: string;
  readonly maxConcurrent: number;
  readonly delayMs: number;
  readonly reason: string;
}

/** Watches the machine of this node. */
export interface Guard {
  /** One sample and what follows from it; called every `SAMPLE_EVERY_MS`. */
  pass(): Promise<void>;
  status(): GuardView;
}

interface Top {
  readonly at: string | null;
  readonly cpu: readonly GuardProcess[];
  readonly memory: readonly GuardProcess[];
}

export function createGuard(options: GuardOptions): Guard {
  return new ResourceGuard(options);
}

class ResourceGuard implements Guard {
  readonly #options: GuardOptions;
  readonly #watch: HostWatch;
  #problem: string | null = null;
  #sampledAt: string | null = null;
  #since: string;
  #level: GuardView["level"] = "normal";
  #top: Top = { at: null, cpu: [], memory: [] };
  #candidates: readonly Candidate[] = [];
  #throttle: GateThrottle | null = null;
  readonly #emergency: Emergency;
  /** what was told last of each alert; at the start nothing is known of what is open */
  readonly #told = new Map<string, Signal["action"]>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#watch = new HostWatch(options.settings, options.clock);
    this.#emergency = new Emergency(options);
    this.#since = toIso(options.clock.now());
  }

  async pass(): Promise<void> {
    if (!this.#options.isOn) return;
    const reading = await this.#sample();
    if (reading === null) return;
    this.#slowDown();
    // what protects the machine comes before what needs the database
    const told = this.#tell(reading);
    const shortage = { cpu: this.#watch.isShort("cpu"), memory: this.#watch.isShort("memory") };
    await Promise.allSettled([told, this.#emergency.step(shortage, this.#candidates)]);
    await told;
  }

  /** Said with every sample, so that it does not run out while it is needed. */
  #slowDown(): void {
    const { settings, setThrottle, host } = this.#options;
    const level = this.#level;
    const measures = this.#watch.measures().filter((one) => one.level === level);
    // without figures: what changes with each sample would be published with each
    const reason = `${measures.map(({ name }) => name).join(" and ")} of ${host} at level ${level}`;
    this.#throttle = level === "normal" ? null : { level, reason, ...settings.throttle[level] };
    setThrottle(this.#throttle);
  }

  async #sample(): Promise<HostReading | null> {
    const { clock, readCounters, logger } = this.#options;
    let counters: HostCounters;
    try {
      counters = await readCounters();
    } catch (fault) {
      if (this.#problem === null) logger.error("the resource guard sees nothing", { problem: messageOf(fault) });
      this.#problem = messageOf(fault);
      return null;
    }
    this.#problem = null;
    const reading = this.#watch.take(counters);
    if (reading === null) return null;
    this.#sampledAt = toIso(clock.now());
    if (this.#watch.level !== this.#level) this.#since = this.#sampledAt;
    this.#level = this.#watch.level;
    if (this.#watch.isUneasy) await this.#lookAtProcesses(reading);
    return reading;
  }

  async #lookAtProcesses(reading: HostReading): Promise<void> {
    const { clock, meter, listTrees, readCommandLine, maskText } = this.#options;
    const usages = await meter.look(clock.monotonicMs());
    const trees = listTrees();
    this.#candidates = candidatesOf(trees, usages, reading);
    this.#top = { at: toIso(clock.now()), ...findTop({ usages, trees, readCommandLine, maskText }) };
  }

  /** Only what changed is told; what could not be told is told with the next sample. */
  async #tell(reading: HostReading): Promise<void> {
    const { host, clock, settings, tell } = this.#options;
    const watch = this.#watch;
    const load = highest([watch.levelOf("cpu"), watch.levelOf("memory")]);
    const state = { host, atMs: clock.now(), settings, reading, load, disk: watch.levelOf("disk"), top: this.#top };
    const fresh = signalsOf(state).filter(
      ({ key, action }) => this.#told.get(key) !== action && (action === "trigger" || this.#isSettled()),
    );
    if (fresh.length === 0) return;
    await tell(fresh);
    for (const { key, action } of fresh) this.#told.set(key, action);
  }

  /** An alert from before the start is over only when its level had the time to rise again. */
  #isSettled(): boolean {
    const { riseSeconds } = this.#options.settings;
    const longestMs = 1000 * Math.max(riseSeconds.cpu, riseSeconds.memory, riseSeconds.disk);
    const first = this.#watch.history[0];
    return first !== undefined && this.#options.clock.now() - Date.parse(first.at) >= longestMs;
  }

  status(): GuardView {
    const { isOn, host, cores, memoryBytes } = this.#options;
    return {
      host,
      state: !isOn ? "off" : this.#problem !== null ? "blind" : this.#sampledAt === null ? "starting" : "watching",
      problem: this.#problem,
      level: this.#level,
      since: this.#since,
      sampledAt: this.#sampledAt,
      cores,
      memoryBytes,
      diskFreeBytes: this.#watch.reading?.disk?.freeBytes ?? null,
      measures: this.#watch.measures(),
      history: [...this.#watch.history],
      throttle: this.#throttle,
      stops: [...this.#emergency.stops],
      top: { at: this.#top.at, cpu: [...this.#top.cpu], memory: [...this.#top.memory] },
    };
  }
}
