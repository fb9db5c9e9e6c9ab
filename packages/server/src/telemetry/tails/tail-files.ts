import { stat } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { findFiles, RotatedFiles } from "./find-files.ts";
import type { FoundFile } from "./find-files.ts";
import type { FilePosition } from "./positions.ts";
import type { TailConfig } from "./tail-config.ts";
import type { TailHealth } from "./tail-health.ts";
import { TailedFile } from "./tailed-file.ts";

const OPEN_FILES_MAX = 512;
const PLACES_MAX = 50_000;
/** File systems tell times in steps; two changes within one look like one. */
const DIRECTORY_TIME_MS = 2_000;

export interface TailFilesOptions {
  readonly config: TailConfig;
  readonly clock: Clock;
  readonly health: TailHealth;
  /** of an earlier process; undefined for a tail that never ran */
  readonly known: readonly FilePosition[] | undefined;
}

/**
 * The files of one tail, by what they are (device and inode), not by how they are called: those that its paths lead to, and those
 * that were rotated away before they were read to their end.
 */
export class TailFiles {
  readonly #options: TailFilesOptions;
  readonly #open = new Map<string, TailedFile>();
  /** in place and closed: nothing was appended for long */
  readonly #resting = new Map<string, FilePosition>();
  /** rotated, and not to be read again while they lie there */
  readonly #done = new Map<string, FilePosition>();
  readonly #directoryTimes = new Map<string, number>();
  /** every path that a file of this tail had */
  readonly #places = new Set<string>();
  #isFirstScan = true;
  #scannedMs = 0;
  /** a position changed since they were told */
  hasMoved = false;

  constructor(options: TailFilesOptions) {
    this.#options = options;
    for (const at of options.known ?? []) {
      (at.gone === "done" ? this.#done : this.#resting).set(at.key, at);
      this.#places.add(at.path);
    }
  }

  get open(): Iterable<TailedFile> {
    return this.#open.values();
  }

  /** in place, open or not */
  get count(): number {
    return [...this.#open.values()].filter((file) => !file.isGone).length + this.#resting.size;
  }

  get behindBytes(): number {
    return [...this.#open.values()].reduce((sum, file) => sum + file.behindBytes, 0);
  }

  positions(): FilePosition[] {
    const open = [...this.#open.values()].map((file) => file.state);
    return [...open, ...this.#resting.values(), ...this.#done.values()];
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }

  /** Looks which files there are now. */
  async scan(): Promise<void> {
    const { config, clock, health } = this.#options;
    const nowMs = clock.now();
    const changed = await this.#changedPlaces(nowMs);
    const rotated = new RotatedFiles();
    const found = await findFiles(config);
    const keys = new Set(found.files.map(({ key }) => key));
    // what was read before is found again first, so that none of it is taken for something new
    const moved = [...this.#open.values()].filter((file) => !file.isGone && !keys.has(file.key));
    for (const file of moved) file.leave(clock.monotonicMs());
    const paths = new Set([...changed, ...moved.map((file) => file.path)]);
    for (const at of [...this.#resting.values()].filter(({ key }) => !keys.has(key))) {
      paths.add(at.path);
      await this.#followMoved(at, rotated);
    }
    const before = new Set(this.#open.keys());
    for (const file of found.files) await this.#take(file, rotated);
    const fresh = [...this.#open.values()].filter((file) => !before.has(file.key) || file.isGone);
    for (const file of fresh) if ((await file.look()) === "replaced") await this.replace(file, rotated);
    for (const one of paths) await this.#takeMissed(one, rotated);
    await this.#rest();
    // also without a file: this tail ran, and what comes later is new
    if (this.#isFirstScan) this.hasMoved = true;
    this.#isFirstScan = false;
    this.#scannedMs = nowMs;
    health.noteSkipped(found.problems);
    if (this.#places.size > PLACES_MAX) this.#forgetPlaces();
  }

  #forgetPlaces(): void {
    this.#places.clear();
    for (const at of this.positions()) this.#places.add(at.path);
  }

  /** The file was cut off or written anew: the rest may be in a copy (logrotate's copytruncate makes one first). */
  async replace(file: TailedFile, rotated = new RotatedFiles()): Promise<void> {
    const copy = await this.#findCopy(file.state, await rotated.of(file.path));
    if (!copy && file.behindBytes > 0) {
      this.#options.health.noteProblem(file.path, "the file was cut off or written anew before its end was read");
    }
    file.restart();
    this.hasMoved = true;
    await this.#takeMissed(file.path, rotated);
  }

  /** A file that was rotated away is read to its end. */
  async finish(file: TailedFile): Promise<void> {
    this.#done.set(file.key, { ...file.state, gone: "done" });
    await this.#drop(file);
  }

  async #followMoved(at: FilePosition, rotated: RotatedFiles): Promise<void> {
    this.#resting.delete(at.key);
    this.hasMoved = true;
    const beside = await rotated.of(at.path);
    const moved = beside.find(({ key }) => key === at.key);
    if (moved !== undefined && (await this.#openFile(at, { isGone: true, movedTo: moved.path })) !== undefined) return;
    if ((await this.#findCopy(at, beside)) || at.gone !== undefined || !this.#isFirstScan) return;
    this.#options.health.noteProblem(at.path, "the file is gone, and what was appended last may not have been read");
  }

  /** Opens the file beside that holds what this one held, where this one was read to. */
  async #findCopy(at: FilePosition, beside: readonly FoundFile[]): Promise<boolean> {
    if (at.head === undefined) return false;
    for (const other of beside.toReversed()) {
      if (other.size < at.position || this.#isKnown(other.key)) continue;
      const copy = await this.#openFile({ ...at, key: other.key }, { isGone: true, movedTo: other.path });
      if (copy === undefined) continue;
      if (await copy.isContinued()) return true;
      await this.#drop(copy);
    }
    return false;
  }

  /** Files that were written under the path and rotated before anybody saw them there. */
  async #takeMissed(place: string, rotated: RotatedFiles): Promise<void> {
    const beside = await rotated.of(place);
    const keys = new Set(beside.map(({ key }) => key));
    for (const [key, at] of this.#done) if (at.path === place && !keys.has(key)) this.#done.delete(key);
    for (const other of beside.filter(({ key }) => !this.#isKnown(key))) {
      const at = { key: other.key, path: place, position: 0 };
      const missed = await this.#openFile(at, { isGone: true, movedTo: other.path });
      // a copy of what is read: followed when the original is found cut off
      if (missed !== undefined && (await this.#isCopy(missed))) await this.#drop(missed);
    }
  }

  async #isCopy(file: TailedFile): Promise<boolean> {
    for (const { head, path: place, key } of this.positions()) {
      if (key !== file.key && place === file.path && head !== undefined && (await file.beginsAs(head))) return true;
    }
    return false;
  }

  #isKnown(key: string): boolean {
    return this.#open.has(key) || this.#resting.has(key) || this.#done.has(key);
  }

  async #take(found: FoundFile, rotated: RotatedFiles): Promise<void> {
    const open = this.#open.get(found.key);
    if (open !== undefined) return open.isAt(found.path);
    const at = this.#resting.get(found.key);
    if (at === undefined) return this.#begin(found, rotated);
    if (found.size === at.position) {
      if (at.path !== found.path) this.#resting.set(at.key, { ...at, path: found.path });
      return;
    }
    this.#resting.delete(at.key);
    await this.#openFile({ ...at, path: found.path }, { isGone: false });
  }

  async #begin(found: FoundFile, rotated: RotatedFiles): Promise<void> {
    const { config, known } = this.#options;
    const isNewTail = this.#isFirstScan && known === undefined;
    const isNewPlace = !this.#places.has(found.path);
    this.#places.add(found.path);
    this.#done.delete(found.key);
    const file = await this.#openFile({ key: found.key, path: found.path, position: 0 }, { isGone: false });
    if (isNewTail && config.start === "end") await file?.skipToEnd();
    for (const { key, mtimeMs } of await rotated.of(found.path)) {
      const isOld = isNewTail || (isNewPlace && mtimeMs < this.#scannedMs);
      if (isOld && !this.#isKnown(key)) this.#done.set(key, { key, path: found.path, position: 0, gone: "done" });
    }
  }

  /** @returns known paths in directories where names came or went since the last scan */
  async #changedPlaces(nowMs: number): Promise<string[]> {
    const changed = new Set<string>();
    for (const directory of new Set([...this.#places].map((one) => path.dirname(one)))) {
      const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: -1 }));
      if (this.#directoryTimes.get(directory) !== mtimeMs) changed.add(directory);
      // another change may yet get the same time
      if (mtimeMs < nowMs - DIRECTORY_TIME_MS) this.#directoryTimes.set(directory, mtimeMs);
    }
    return [...this.#places].filter((one) => changed.has(path.dirname(one)));
  }

  async #openFile(at: FilePosition, where: { isGone: boolean; movedTo?: string }): Promise<TailedFile | undefined> {
    const { config, clock, health } = this.#options;
    try {
      const options = { followSymlinks: config.followSymlinks, ...where, nowMs: clock.monotonicMs() };
      const file = await TailedFile.open(at, options);
      if (file === undefined) return undefined;
      this.#open.set(at.key, file);
      this.hasMoved = true;
      return file;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") {
        health.noteProblem(at.path, `the file cannot be opened: ${messageOf(error)}`);
      }
      return undefined;
    }
  }

  async #drop(file: TailedFile): Promise<void> {
    this.#open.delete(file.key);
    this.hasMoved = true;
    await file.close();
  }

  /** Closes the quietest files when many are open; they are opened again when something is appended. */
  async #rest(): Promise<void> {
    const surplus = this.#open.size - OPEN_FILES_MAX;
    if (surplus <= 0) return;
    const quiet = [...this.#open.values()].filter((file) => !file.isGone && file.isRead);
    for (const file of quiet.toSorted((a, b) => a.activeMs - b.activeMs).slice(0, surplus)) {
      this.#resting.set(file.key, file.state);
      await this.#drop(file);
    }
  }
}
