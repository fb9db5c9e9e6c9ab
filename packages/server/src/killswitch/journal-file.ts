import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { codeOf, messageOf, syncDir, writeAllSync } from "../kernel/index.ts";
import type { Fold } from "./fold.ts";
import { emptyFold, foldBytes } from "./fold.ts";
import type { KillswitchPaths } from "./layout.ts";
import type { Snapshot } from "./records.ts";
import { decodeSnapshot } from "./records.ts";

/** How far a process has read the journal. */
export interface JournalView {
  readonly fold: Fold;
  readonly bytes: number;
  /** inode, or 0 when there is no file */
  readonly inode: number;
  readonly modifiedMs: number;
  /** why the file could not be read, or null */
  readonly fault: string | null;
}

/** A journal longer than this is unreadable rather than a reason to use all memory. Compaction keeps it far below. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
const RESERVE_BYTES = 64 * 1024;
const NEWLINE = 10;

export function noView(): JournalView {
  return { fold: emptyFold(), bytes: 0, inode: 0, modifiedMs: 0, fault: null };
}

/**
 * Reads what is new since `view`, or everything when the file was replaced, cut or rewritten in place.
 *
 * @returns the same object when nothing changed
 */
export function readJournal(path: string, view: JournalView): JournalView {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return view.inode === 0 && view.fault === null ? view : noView();
    const same = stat.ino === view.inode && view.fault === null;
    if (same && stat.size === view.bytes && stat.mtimeMs === view.modifiedMs) return view;
    if (stat.size > JOURNAL_BYTES_MAX)
      return { ...noView(), fault: `${path} is larger than ${JOURNAL_BYTES_MAX} bytes` };
    return readFrom(path, same && stat.size > view.bytes ? view : noView());
  } catch (fault) {
    return { ...noView(), fault: `${path} cannot be read: ${messageOf(fault)}` };
  }
}

function readFrom(path: string, view: JournalView): JournalView {
  const fd = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    let bytes = view.bytes;
    for (;;) {
      const chunk = Buffer.allocUnsafe(64 * 1024);
      const count = readSync(fd, chunk, 0, chunk.length, bytes);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      bytes += count;
      if (bytes > JOURNAL_BYTES_MAX) throw new Error("it does not end");
    }
    const stat = statSync(path);
    foldBytes(view.fold, Buffer.concat(chunks));
    // a write after our last read shows as another size; the time is only trusted when the size agrees
    return { fold: view.fold, bytes, inode: stat.ino, modifiedMs: stat.size === bytes ? stat.mtimeMs : 0, fault: null };
  } finally {
    closeSync(fd);
  }
}

/**
 * Appends one line and makes it durable: when this returns, the line survives a power cut. On a full disk the reserve
 * is given back and the write tried once more.
 *
 * @param encode gives the line without newline; told whether the bytes before it are a torn line, which it must declare
 * @throws the system's error when the line is not durable; a part of it may be in the file as a torn tail
 */
export function appendDurably(paths: KillswitchPaths, encode: (afterTorn: boolean) => string): void {
  try {
    appendOnce(paths.journal, encode);
  } catch (fault) {
    if (!isFull(fault) || !existsSync(paths.reserve)) throw fault;
    rmSync(paths.reserve, { force: true });
    appendOnce(paths.journal, encode);
  }
}

function appendOnce(path: string, encode: (afterTorn: boolean) => string): void {
  const fd = openSync(path, "a+", 0o600);
  try {
    const { size } = fstatSync(fd);
    const torn = size > 0 && readLastByte(fd, size) !== NEWLINE;
    writeAllSync(fd, Buffer.from(`${torn ? "\n" : ""}${encode(torn)}\n`));
    fsyncSync(fd);
    if (size === 0) syncDir(dirname(path));
  } finally {
    closeSync(fd);
  }
}

function readLastByte(fd: number, size: number): number | undefined {
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0];
}

function isFull(fault: unknown): boolean {
  const code = codeOf(fault);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Lays real bytes aside for the day the disk is full. Failing to is no fault. */
export function keepReserve(path: string): void {
  try {
    if (!existsSync(path)) writeFileSync(path, Buffer.alloc(RESERVE_BYTES, 1), { mode: 0o600, flag: "wx" });
  } catch {
    rmSync(path, { force: true });
  }
}

/** @returns the snapshot, or null when there is none that can be trusted */
export function readSnapshot(path: string): Snapshot | null {
  try {
    return decodeSnapshot(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** @returns the flag files that are set; empty when the directory cannot be read */
export function readFlags(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
