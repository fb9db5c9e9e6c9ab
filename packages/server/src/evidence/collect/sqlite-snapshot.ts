import { createWriteStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { openInTree } from "./plain-files.ts";
import type { TreeEntry } from "./plain-files.ts";

/** What belongs to a database beside its main file, in the order in which it is copied. */
const COMPANIONS = ["-journal", "-wal", "-shm"] as const;
const TRIES = 3;
/** Of the main file up to and with its change counter; of a log its salts, which a checkpoint changes. */
const HEADER_BYTES = 32;

export interface SnapshotFile {
  /** such as `-wal`; empty for the main file */
  readonly suffix: string;
  readonly file: string;
}

export interface SqliteSnapshot {
  readonly files: readonly SnapshotFile[];
  /** false: it was written while it was copied, each time */
  readonly isConsistent: boolean;
  readonly tries: number;
}

/**
 * Copies a SQLite database with its log while others may write to it: the main file first, then the log. What is appended to
 * the log meanwhile does no harm; a checkpoint does, and shows in the main file or in the log's header. Then it is copied again.
 */
export async function copySqlite(
  root: string,
  main: TreeEntry,
  directory: string,
  signal: AbortSignal,
): Promise<SqliteSnapshot> {
  let last: SqliteSnapshot = { files: [], isConsistent: false, tries: 0 };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    signal.throwIfAborted();
    const before = await markOf(root, main);
    const files: SnapshotFile[] = [];
    for (const suffix of ["", ...COMPANIONS]) {
      const file = path.join(directory, `${tries}${suffix}`);
      if (await copyOne(root, sibling(main, suffix), file, signal)) files.push({ suffix, file });
    }
    const isConsistent = before !== null && before === (await markOf(root, main));
    last = { files, isConsistent, tries };
    if (isConsistent) break;
  }
  return last;
}

const sibling = ({ raw }: TreeEntry, suffix: string) => ({ raw: Buffer.concat([raw, Buffer.from(suffix)]) });

async function copyOne(
  root: string,
  entry: Pick<TreeEntry, "raw">,
  target: string,
  signal: AbortSignal,
): Promise<boolean> {
  const handle = await openOrNull(root, entry);
  if (handle === null) return false;
  try {
    await pipeline(handle.createReadStream({ autoClose: false }), createWriteStream(target, { mode: 0o600 }), {
      signal,
    });
    return true;
  } finally {
    await handle.close();
  }
}

/** Changes when the main file or the beginning of the log is written. */
async function markOf(root: string, main: TreeEntry): Promise<string | null> {
  const marks: string[] = [];
  for (const suffix of ["", "-wal", "-journal"]) {
    const handle = await openOrNull(root, sibling(main, suffix));
    if (handle === null) {
      if (suffix === "") return null;
      marks.push("none");
      continue;
    }
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
      const { ino, size, mtimeNs } = await handle.stat({ bigint: true });
      const isLog = suffix === "-wal";
      marks.push(header.toString("hex", 0, bytesRead), isLog ? "" : `${ino} ${size} ${mtimeNs}`);
    } finally {
      await handle.close();
    }
  }
  return marks.join("/");
}

async function openOrNull(root: string, entry: Pick<TreeEntry, "raw">): Promise<FileHandle | null> {
  try {
    return await openInTree(root, entry);
  } catch {
    return null;
  }
}
