import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { once } from "node:events";
import tar from "tar-stream";
import type { Headers, Pack } from "tar-stream";
import { listingOf, openFolder, openRegular } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { BackupFault } from "./open-backup.ts";

/** What is in an archive beside the files, which lie under FILES. */
export const HEAD_ENTRY = "firebreak-backup.json";
export const LIST_ENTRY = "firebreak-files.ndjson";
export const FILES = "files/";

export const ENTRIES_MAX = 500_000;
const DEPTH_MAX = 64;

export interface PackedFolder {
  readonly files: number;
  /** files that were written while they were read: what is kept of them may be half old, half new */
  readonly unsteady: readonly string[];
  /** pipes, sockets and devices, which have no content to keep */
  readonly special: number;
}

/**
 * Gives a folder as a tar: every file, folder and link below it on its file system, links as links; last a list of the
 * SHA-256 of each file. Holds a piece of one file at a time.
 *
 * @param onDone is told what was packed, when all of it was read
 * @throws BackupFault when a file cannot be read: a backup without it would not be one
 */
export async function* packFolder(
  folder: OpenFolder,
  head: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  onDone: (packed: PackedFolder) => void,
): AsyncGenerator<Buffer> {
  const pack = tar.pack();
  const job: Packing = {
    pack,
    signal,
    list: [],
    unsteady: [],
    special: 0,
    entries: 0,
    dev: (await lstat(listingOf(folder))).dev,
  };
  const writing = writeAll(job, folder, head).then(
    () => pack.finalize(),
    (fault: unknown) => pack.destroy(fault instanceof Error ? fault : new Error(String(fault))),
  );
  try {
    for await (const piece of pack) yield Buffer.from(piece);
  } finally {
    pack.destroy();
    await writing;
  }
  onDone({ files: job.list.length, unsteady: job.unsteady, special: job.special });
}

interface Packing {
  readonly pack: Pack;
  readonly signal: AbortSignal;
  readonly list: string[];
  readonly unsteady: string[];
  readonly dev: number;
  special: number;
  entries: number;
}

async function writeAll(job: Packing, folder: OpenFolder, head: Readonly<Record<string, unknown>>): Promise<void> {
  await writeText(job.pack, HEAD_ENTRY, `${JSON.stringify(head)}\n`);
  await writeFolder(job, folder, FILES, 0);
  await writeText(job.pack, LIST_ENTRY, job.list.join(""));
}

async function writeText(pack: Pack, name: string, text: string): Promise<void> {
  const entry = pack.entry({ name, size: Buffer.byteLength(text), mode: 0o600 });
  entry.end(text);
  await finished(entry);
}

async function finished(entry: NodeJS.EventEmitter): Promise<void> {
  await once(entry, "finish");
}

async function writeFolder(job: Packing, folder: OpenFolder, place: string, depth: number): Promise<void> {
  if (depth > DEPTH_MAX) throw new BackupFault(`${place} is too deep`);
  const names = (await readdir(listingOf(folder), { encoding: "buffer" })).toSorted((one, other) =>
    Buffer.compare(one, other),
  );
  for (const name of names) {
    job.signal.throwIfAborted();
    job.entries += 1;
    if (job.entries > ENTRIES_MAX) throw new BackupFault(`it holds more than ${ENTRIES_MAX} files`);
    await writeChild(job, folder, { name, place, depth });
  }
}

interface Child {
  readonly name: Buffer;
  readonly place: string;
  readonly depth: number;
}

async function writeChild(job: Packing, folder: OpenFolder, { name, place, depth }: Child): Promise<void> {
  const text = name.toString("utf8");
  if (!Buffer.from(text).equals(name))
    throw new BackupFault(`${JSON.stringify(`${place}${text}`)} has a name that is no UTF-8`);
  const full = folder.at(name);
  const stat = await lstat(full);
  if (stat.dev !== job.dev) return; // what is mounted there belongs to another backup
  const header = { ...headerOf(stat), name: `${place}${text}` };
  if (stat.isDirectory()) {
    const entry = job.pack.entry({ ...header, name: `${header.name}/`, type: "directory" });
    entry.end();
    const inner = await openFolder(full);
    try {
      await writeFolder(job, inner, `${header.name}/`, depth + 1);
    } finally {
      await inner.close();
    }
  } else if (stat.isSymbolicLink()) {
    job.pack.entry({ ...header, type: "symlink", linkname: await readlink(full) }).end();
  } else if (stat.isFile()) await writeFile(job, full, header);
  else job.special += 1;
}

function headerOf(stat: Stats): Partial<Headers> {
  return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: stat.mtime };
}

async function writeFile(job: Packing, full: Buffer, header: Partial<Headers> & { name: string }): Promise<void> {
  const handle = await openRegular(full);
  if (handle === null) throw new BackupFault(`${header.name} was replaced while it was read`);
  try {
    const before = await handle.stat();
    const entry = job.pack.entry({ ...header, name: header.name, size: before.size, type: "file" });
    const hash = createHash("sha256");
    let left = before.size;
    if (left > 0) {
      for await (const part of handle.createReadStream({ autoClose: false, start: 0, end: left - 1 })) {
        const piece: Buffer = Buffer.from(part);
        left -= piece.length;
        hash.update(piece);
        if (!entry.write(piece)) await once(entry, "drain", { signal: job.signal });
      }
    }
    if (left > 0) throw new BackupFault(`${header.name} became shorter while it was read`);
    entry.end();
    await finished(entry);
    const after = await handle.stat();
    if (after.mtimeMs !== before.mtimeMs || after.size !== before.size)
      job.unsteady.push(header.name.slice(FILES.length));
    const line = { path: header.name.slice(FILES.length), bytes: before.size, sha256: hash.digest("hex") };
    job.list.push(`${JSON.stringify(line)}\n`);
  } finally {
    await handle.close();
  }
}
