import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import tar from "tar-stream";
import type { Entry, Headers } from "tar-stream";
import { z } from "zod";
import { messageOf } from "../../../kernel/index.ts";
import { BackupFault } from "./open-backup.ts";
import { ENTRIES_MAX, FILES, HEAD_ENTRY, LIST_ENTRY } from "./pack-folder.ts";

/** One thing in an archive of a folder, with a path that leads nowhere else. */
export interface ArchiveEntry {
  readonly parts: readonly string[];
  readonly type: "file" | "directory" | "symlink";
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** of a symlink */
  readonly target: string;
}

export interface ReadArchive {
  readonly files: number;
  readonly bytes: number;
  /** false: another program made it, without hashes of its files */
  readonly isOurs: boolean;
}

const LIST_BYTES_MAX = 256 * 1024 * 1024;
const listLine = z.object({ path: z.string(), bytes: z.number(), sha256: z.string() });

/**
 * Reads a tar to its end. One of Firebreak's holds the hash of every file, and each is compared. Names that lead out of the
 * folder, devices and other special things make all of it refused.
 *
 * @param visit is given every entry with its content, which it must read to its end
 * @throws BackupFault
 */
export async function readArchive(
  source: AsyncIterable<Buffer>,
  visit: (entry: ArchiveEntry, content: AsyncIterable<Buffer>) => Promise<void> = drain,
): Promise<ReadArchive> {
  const extract = tar.extract();
  const input = Readable.from(source);
  input.on("error", (fault) => extract.destroy(fault));
  input.pipe(extract);
  const reading: Reading = { isOurs: false, hashes: new Map(), listed: null, files: 0, bytes: 0, entries: 0 };
  try {
    for await (const entry of extract) await readEntry(reading, entry, visit);
  } catch (fault) {
    throw fault instanceof BackupFault ? fault : new BackupFault(`its archive cannot be read: ${messageOf(fault)}`);
  } finally {
    input.destroy();
    extract.destroy();
  }
  if (reading.entries === 0) throw new BackupFault("its archive is empty");
  compareWithList(reading);
  return { files: reading.files, bytes: reading.bytes, isOurs: reading.isOurs };
}

interface Reading {
  isOurs: boolean;
  readonly hashes: Map<string, string>;
  /** null: no list was there yet */
  listed: string | null;
  files: number;
  bytes: number;
  entries: number;
}

async function drain(_entry: ArchiveEntry, content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _piece of content);
}

async function readEntry(
  reading: Reading,
  entry: Entry,
  visit: (entry: ArchiveEntry, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const { header } = entry;
  if (++reading.entries > ENTRIES_MAX + 2) throw new BackupFault(`it holds more than ${ENTRIES_MAX} files`);
  if (reading.listed !== null) throw new BackupFault("something stands in it after its list of files");
  if (reading.entries === 1 && header.name === HEAD_ENTRY) {
    reading.isOurs = true;
    await readText(entry, 64 * 1024);
    return;
  }
  if (reading.isOurs && header.name === LIST_ENTRY) {
    reading.listed = await readText(entry, LIST_BYTES_MAX);
    return;
  }
  const found = toEntry(header, reading.isOurs);
  if (found === null) {
    entry.resume();
    return;
  }
  await visitHashed(reading, found, entry, visit);
}

async function visitHashed(
  reading: Reading,
  found: ArchiveEntry,
  entry: Entry,
  visit: (entry: ArchiveEntry, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256");
  const content = async function* (): AsyncGenerator<Buffer> {
    for await (const part of entry) {
      const piece: Buffer = Buffer.from(part);
      hash.update(piece);
      reading.bytes += piece.length;
      yield piece;
    }
  };
  await visit(found, content());
  if (found.type !== "file") return;
  reading.files += 1;
  if (reading.isOurs) reading.hashes.set(found.parts.join("/"), hash.digest("hex"));
}

async function readText(entry: Entry, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of entry) {
    bytes += part.length;
    if (bytes > bytesMax) throw new BackupFault("its list of files is too large");
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString("utf8");
}

function compareWithList({ isOurs, listed, hashes }: Reading): void {
  if (!isOurs) return;
  if (listed === null) throw new BackupFault("its list of files is missing: it was cut off");
  const lines = listed.split("\n").filter(Boolean);
  for (const line of lines) {
    const { path, sha256 } = listLine.parse(JSON.parse(line));
    const found = hashes.get(path);
    if (found === undefined) throw new BackupFault(`${JSON.stringify(path)} is missing in it`);
    if (found !== sha256) throw new BackupFault(`${JSON.stringify(path)} was changed in it`);
  }
  if (lines.length !== hashes.size) throw new BackupFault("it holds files that are not on its list");
}

function typeOf(type: string | null): ArchiveEntry["type"] | null {
  if (type === "file" || type === "contiguous-file") return "file";
  return type === "directory" || type === "symlink" ? type : null;
}

/** @returns null for the top folder itself @throws BackupFault for what may not be in a backup */
function toEntry(header: Headers, isOurs: boolean): ArchiveEntry | null {
  const { name, type = "file" } = header;
  const shown = JSON.stringify(name);
  if (isOurs && !name.startsWith(FILES)) throw new BackupFault(`${shown} does not belong into it`);
  const path = isOurs ? name.slice(FILES.length) : name;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.includes("..") || path.includes("\0"))
    throw new BackupFault(`${shown} leads out of the folder`);
  const kind = typeOf(type);
  if (kind === null) throw new BackupFault(`${shown} is a ${type ?? "thing of no kind"}, which is not restored`);
  if (parts.length === 0) return null;
  return {
    parts,
    type: kind,
    bytes: header.size ?? 0,
    // whom a file belongs to may be restored, but nobody gets the rights of its owner by it
    mode: (header.mode ?? 0o600) & 0o1777,
    uid: header.uid ?? 0,
    gid: header.gid ?? 0,
    modifiedMs: header.mtime?.getTime() ?? 0,
    target: header.linkname ?? "",
  };
}
