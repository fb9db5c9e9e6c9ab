import { FirebreakError, messageOf, toIso } from "../../kernel/index.ts";
import type { Clock, Logger } from "../../kernel/index.ts";
import type { Intake } from "../intake.ts";
import type { LoadedMap } from "../maps/load-maps.ts";
import { deliver } from "../deliver-events.ts";
import { readLines } from "./read-lines.ts";
import type { ReadLines } from "./read-lines.ts";
import type { PlacedLine } from "./line-splitter.ts";
import type { Positions } from "./positions.ts";
import type { TailConfig } from "./tail-config.ts";
import { TailFiles } from "./tail-files.ts";
import { TailHealth } from "./tail-health.ts";
import type { TailedFile } from "./tailed-file.ts";

export interface TailSurroundings {
  readonly intake: Intake;
  readonly positions: Positions;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CHUNKS_PER_PASS = 8;
const PASS_MS = 1_000;
const SCAN_EVERY_MS = 500;
/** Looking for files takes at most one part in so many of the time. */
const SCAN_SHARE = 20;
/** How long a file is held that was moved away: its writer may go on until it opens the new one. */
const GONE_GRACE_MS = 60_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 15_000];

/** One entry of `tails.yaml`: finds its files, reads what is appended, and follows them through rotation. */
export class Tail {
  readonly config: TailConfig;
  readonly health: TailHealth;
  readonly map: LoadedMap;
  readonly #around: TailSurroundings;
  readonly #files: TailFiles;
  #scanDueMs = 0;
  /** of the files, which is read next */
  #turn = 0;
  #waiting: { readonly read: ReadLines; readonly file: TailedFile; readonly time: string } | undefined;
  #attempts = 0;
  #retryMs = 0;
  #isClosed = false;

  constructor(config: TailConfig, map: LoadedMap, around: TailSurroundings) {
    const { clock, positions } = around;
    this.config = config;
    this.map = map;
    this.#around = around;
    this.health = new TailHealth(clock);
    this.#files = new TailFiles({ config, clock, health: this.health, known: positions.of(config.name) });
  }

  /** Looks for files and reads what is new. Never rejects: what goes wrong is in the health, and tried again. */
  async pass(): Promise<void> {
    const { clock } = this.#around;
    try {
      if (clock.monotonicMs() >= this.#scanDueMs) await this.#scan();
      if (clock.monotonicMs() < this.#retryMs) return;
      await this.#deliverWaiting();
      await this.#readFiles();
    } catch (error) {
      this.#noteFault(error);
    } finally {
      this.#note();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#note();
    await this.#files.close();
  }

  async #scan(): Promise<void> {
    const { clock } = this.#around;
    const startedMs = clock.monotonicMs();
    await this.#files.scan();
    if (this.#around.positions.of(this.config.name) === undefined) {
      // known to have run before anything else happens
      this.#note();
      await this.#around.positions.save();
    }
    this.#scanDueMs = clock.monotonicMs() + Math.max(SCAN_EVERY_MS, SCAN_SHARE * (clock.monotonicMs() - startedMs));
  }

  /** In turns: a file with much to read must not keep the others waiting, nor one tail another. */
  async #readFiles(): Promise<void> {
    const { clock } = this.#around;
    const untilMs = clock.monotonicMs() + PASS_MS;
    const files = [...this.#files.open];
    const first = this.#turn % Math.max(1, files.length);
    for (const file of [...files.slice(first), ...files.slice(0, first)]) {
      if (this.#isClosed || clock.monotonicMs() > untilMs) return;
      this.#turn += 1;
      await this.#readQuietly(file);
    }
    this.#turn = 0;
  }

  /** A file that cannot be read does not keep the others from being read; an intake that takes nothing does. */
  async #readQuietly(file: TailedFile): Promise<void> {
    try {
      await this.#readFile(file);
    } catch (error) {
      if (this.#waiting !== undefined) throw error;
      this.health.noteProblem(file.path, `the file cannot be read: ${messageOf(error)}`);
    }
  }

  #noteFault(error: unknown): void {
    const wait = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)] ?? 0;
    this.#attempts += 1;
    this.#retryMs = this.#around.clock.monotonicMs() + wait;
    this.health.noteWaiting(messageOf(error));
    const isExpected = error instanceof FirebreakError && ["too_many_requests", "shutting_down"].includes(error.code);
    if (!isExpected) {
      this.#around.logger.warn("a tail waits", { tail: this.config.name, problem: messageOf(error) });
    }
  }

  /** Tells the positions and the health where everything stands. */
  #note(): void {
    if (this.#files.hasMoved) {
      this.#files.hasMoved = false;
      this.#around.positions.set(this.config.name, this.#files.positions());
    }
    this.health.noteFiles({ files: this.#files.count, behindBytes: this.#files.behindBytes });
  }

  async #readFile(file: TailedFile): Promise<void> {
    const found = await file.look();
    if (found === "replaced") return this.#files.replace(file);
    if (found === "idle") return this.#finishGone(file);
    file.activeMs = this.#around.clock.monotonicMs();
    for (let chunk = 0; chunk < CHUNKS_PER_PASS && !this.#isClosed; chunk++) {
      const { lines, mayHoldMore } = await file.read();
      await this.#store(file, lines);
      if (!mayHoldMore) return;
    }
  }

  async #store(file: TailedFile, lines: readonly PlacedLine[]): Promise<void> {
    if (lines.length === 0) return;
    const { clock, positions } = this.#around;
    const { agent, pack, timeZone } = this.config;
    const { path, head, chainHash } = file;
    const source = { map: this.map, path, fileHead: head?.hash ?? "", agent, pack, timeZone, chainHash };
    const read = readLines(lines, source, clock.now());
    const { lines: count, unreadable } = read;
    const at = unreadable && { ...unreadable, message: `at byte ${unreadable.offset}: ${unreadable.message}` };
    this.health.noteRead(file.path, count, at);
    let time = toIso(clock.now());
    if (read.events.some((event) => event.time === undefined)) {
      const fixed = file.fixTime(time);
      time = fixed.time;
      this.#files.hasMoved = true;
      this.#note();
      if (fixed.isNew) await positions.save();
    }
    this.#waiting = { read, file, time };
    await this.#deliverWaiting();
  }

  /** What the intake did not take stays here and goes first: nothing is read past it. */
  async #deliverWaiting(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { intake, clock } = this.#around;
    const to = { fallbackTime: waiting.time, sender: `tail ${this.config.name}`, nowMs: clock.now() };
    const delivery = await deliver(waiting.read.events, intake, to);
    this.#waiting = undefined;
    this.#attempts = 0;
    this.#files.hasMoved = true;
    waiting.file.markStored();
    waiting.file.chainHash = waiting.read.chainHash;
    this.health.noteDelivered(waiting.file.path, delivery);
  }

  async #finishGone(file: TailedFile): Promise<void> {
    if (!file.isGone || this.#around.clock.monotonicMs() - file.activeMs < GONE_GRACE_MS) return;
    await this.#store(file, file.flush());
    await this.#files.finish(file);
  }
}
