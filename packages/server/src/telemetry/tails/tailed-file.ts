import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { LineSplitter } from "./line-splitter.ts";
import type { PlacedLine } from "./line-splitter.ts";
import type { FilePosition, Mark } from "./positions.ts";

const CHUNK_BYTES = 256 * 1024;
const HEAD_BYTES = 1024;
const ANCHOR_BYTES = 64;
const NEW_LINE = 0x0a;

/** @returns what a file is known by: its first line with its end, or so much of it; undefined while that is not there */
export function headOf(beginning: Buffer): Mark | undefined {
  const end = beginning.indexOf(NEW_LINE);
  if (end < 0 && beginning.length < HEAD_BYTES) return undefined;
  return markOf(beginning.subarray(0, Math.min(end < 0 ? HEAD_BYTES : end + 1, HEAD_BYTES)));
}

/** @returns bytes as they are known again */
export function markOf(bytes: Buffer): Mark {
  return { length: bytes.length, hash: createHash("sha256").update(bytes).digest("base64url") };
}

export interface OpenOptions {
  readonly followSymlinks: boolean;
  readonly isGone: boolean;
  /** where the file lies now; `path` of its position is the name it was written under */
  readonly movedTo?: string | undefined;
  readonly nowMs: number;
}

/** One open file of a tail. Whatever happens to its name, it stays the file that was opened. */
export class TailedFile {
  readonly key: string;
  readonly #handle: FileHandle;
  /** the name it was written under */
  path: string;
  /** no pattern leads to it any more: it was moved or removed, and is read to its end */
  isGone: boolean;
  /** of a chained log: hash of the last line that is stored */
  chainHash: string | undefined;
  /** when there was last something to read */
  activeMs: number;
  #splitter: LineSplitter;
  #head: Mark | undefined;
  /** of what is stored */
  #stored: Pick<FilePosition, "position" | "anchor">;
  #seen: FilePosition["seen"];
  /** the last bytes that were read, for the next anchor */
  #recent: Buffer = Buffer.alloc(0);
  #beginning: Buffer = Buffer.alloc(0);
  #look = { size: -1, mtimeMs: -1 };

  private constructor(handle: FileHandle, at: FilePosition, { isGone, nowMs }: OpenOptions) {
    this.#handle = handle;
    this.key = at.key;
    this.path = at.path;
    this.isGone = isGone;
    this.activeMs = nowMs;
    this.#head = at.head;
    this.#seen = at.seen;
    this.chainHash = at.chainHash;
    this.#stored = { position: at.position, anchor: at.anchor };
    this.#splitter = new LineSplitter(at.position);
  }

  /** @returns undefined when there is another file now, or no plain file */
  static async open(at: FilePosition, options: OpenOptions): Promise<TailedFile | undefined> {
    const noFollow = options.followSymlinks ? 0 : constants.O_NOFOLLOW;
    const handle = await open(options.movedTo ?? at.path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
    try {
      const found = await handle.stat();
      if (found.isFile() && keyOf(found) === at.key) {
        return new TailedFile(handle, at, options);
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  }

  /** No path leads to it any more. */
  leave(nowMs: number): void {
    this.isGone = true;
    this.activeMs = nowMs;
  }

  isAt(place: string): void {
    this.path = place;
    this.isGone = false;
  }

  /** nothing of it waits, not even a part of a line */
  get isRead(): boolean {
    return this.#look.size === this.#stored.position;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  get head(): Mark | undefined {
    return this.#head;
  }

  get state(): FilePosition {
    return {
      key: this.key,
      path: this.path,
      ...this.#stored,
      head: this.#head,
      seen: this.#seen,
      chainHash: this.chainHash,
      gone: this.isGone && this.behindBytes === 0 ? "read" : undefined,
    };
  }

  /** bytes that are there and not stored, by the last look */
  get behindBytes(): number {
    return Math.max(0, this.#look.size - this.#stored.position);
  }

  /** Goes to the beginning of the last line that is complete: what stands before is not read. */
  async skipToEnd(): Promise<void> {
    const { size } = await this.#handle.stat();
    const last = await this.#pread(Math.max(0, size - CHUNK_BYTES), Math.min(size, CHUNK_BYTES));
    const position = size - last.length + last.lastIndexOf(NEW_LINE) + 1;
    this.#head = headOf(await this.#pread(0, HEAD_BYTES));
    this.#moveTo(position);
    if (position > 0) {
      const before = await this.#pread(Math.max(0, position - ANCHOR_BYTES), Math.min(position, ANCHOR_BYTES));
      this.#recent = before;
      this.#stored = { position, anchor: markOf(before) };
    }
  }

  /** Begins again with what is a new file in all but its inode. */
  restart(): void {
    this.#head = undefined;
    this.#seen = undefined;
    this.chainHash = undefined;
    this.#moveTo(0);
  }

  #moveTo(position: number): void {
    this.#stored = { position, anchor: undefined };
    this.#splitter = new LineSplitter(position);
    this.#recent = Buffer.alloc(0);
    this.#beginning = Buffer.alloc(0);
    this.#look = { size: -1, mtimeMs: -1 };
  }

  /**
   * @returns `idle` when nothing changed since the last look, `replaced` when what was read is no longer there (cut off or
   *   written anew)
   */
  async look(): Promise<"idle" | "changed" | "replaced"> {
    const { size, mtimeMs } = await this.#handle.stat();
    const isSame = size === this.#look.size && mtimeMs === this.#look.mtimeMs;
    if (isSame && size === this.#splitter.position) return "idle";
    if (size < this.#splitter.position || (!isSame && !(await this.isContinued()))) return "replaced";
    this.#look = { size, mtimeMs };
    return "changed";
  }

  /** @returns whether the file still holds what it did when its lines were stored */
  async isContinued(): Promise<boolean> {
    const { position, anchor } = this.#stored;
    return (await this.#holds(0, this.#head)) && (await this.#holds(position - (anchor?.length ?? 0), anchor));
  }

  /** @returns whether it is a copy of the file that begins so */
  beginsAs(head: Mark): Promise<boolean> {
    return this.#holds(0, head);
  }

  async #holds(at: number, expected: Mark | undefined): Promise<boolean> {
    return expected === undefined || markOf(await this.#pread(at, expected.length)).hash === expected.hash;
  }

  /** @returns the next lines, and whether there may be more; they count as read only by {@link markStored} */
  async read(): Promise<{ lines: PlacedLine[]; mayHoldMore: boolean }> {
    const at = this.#splitter.position;
    // Lines whose time was fixed once are read together again.
    const most =
      this.#seen !== undefined && at < this.#seen.to ? Math.min(this.#seen.to - at, CHUNK_BYTES) : CHUNK_BYTES;
    if (at === this.#stored.position && this.#recent.length === 0 && at > 0) {
      this.#recent = await this.#pread(Math.max(0, at - ANCHOR_BYTES), Math.min(at, ANCHOR_BYTES));
    }
    const bytes = await this.#pread(at, most);
    this.#noteBeginning(at, bytes);
    const lines = this.#splitter.push(bytes);
    this.#recent = Buffer.concat([this.#recent, bytes]);
    return { lines, mayHoldMore: bytes.length === most };
  }

  /** @returns the last line of a file that nobody writes any more */
  flush(): PlacedLine[] {
    const line = this.#splitter.flush();
    return line === undefined ? [] : [line];
  }

  #noteBeginning(at: number, bytes: Buffer): void {
    if (this.#head !== undefined || at !== this.#beginning.length) return;
    this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, HEAD_BYTES)]).subarray(0, HEAD_BYTES);
    this.#head = headOf(this.#beginning);
  }

  /** What was read so far is stored. */
  markStored(): void {
    const position = this.#splitter.lineStart;
    const waiting = this.#splitter.position - position;
    const before = this.#recent.subarray(0, Math.max(0, this.#recent.length - waiting)).subarray(-ANCHOR_BYTES);
    if (position !== this.#stored.position && before.length > 0) this.#stored = { position, anchor: markOf(before) };
    this.#recent = Buffer.from(this.#recent.subarray(-ANCHOR_BYTES));
    if (this.#seen !== undefined && position >= this.#seen.to) this.#seen = undefined;
  }

  /** Fixes the time of lines up to where was read, unless it was fixed before. @returns it, and whether it is new */
  fixTime(time: string): { time: string; isNew: boolean } {
    const to = this.#splitter.lineStart;
    if (this.#seen !== undefined && to <= this.#seen.to) return { time: this.#seen.time, isNew: false };
    this.#seen = { to, time };
    return { time, isNew: true };
  }

  async #pread(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await this.#handle.read(buffer, read, length - read, at + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return buffer.subarray(0, read);
  }
}

export function keyOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}
