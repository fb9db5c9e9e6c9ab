import { constants } from "node:fs";
import { chmod, lchown, lutimes, mkdir, open, statfs, symlink } from "node:fs/promises";
import { codeOf, listingOf, openFolder } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { BackupFault } from "./open-backup.ts";
import { readArchive } from "./read-archive.ts";
import type { ArchiveEntry, ReadArchive } from "./read-archive.ts";

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** What stays free on the disk. */
const KEPT_FREE_BYTES = 256 * 1024 * 1024;

/**
 * Unpacks an archive of a folder into an empty one. Every folder on the way is opened without following a link, nothing that
 * is there is written over, and the rights of owners (setuid, setgid) are not given.
 *
 * @throws BackupFault when the archive is damaged, hostile or too large for the disk: what was unpacked is then of no use
 */
export async function extractFolder(target: OpenFolder, source: AsyncIterable<Buffer>): Promise<ReadArchive> {
  const folders: ArchiveEntry[] = [];
  const read = await readArchive(source, async (entry, content) => {
    await inFolderOf(target, entry.parts, async (parent, name) => {
      if (entry.type === "directory") {
        await makeFolder(parent, name);
        folders.push(entry);
        await drain(content);
      } else if (entry.type === "symlink") {
        await symlink(entry.target, parent.at(name));
        await own(parent, name, entry);
        await drain(content);
      } else await writeFile(target, parent, { name, entry, content });
    });
  });
  // last and from the inside out: a folder that is closed to us, or that gets files, is finished when all of it is there
  for (const entry of folders.toReversed()) {
    await inFolderOf(target, entry.parts, async (parent, name) => {
      await own(parent, name, entry);
      await chmod(parent.at(name), entry.mode);
      await setTime(parent, name, entry);
    });
  }
  await target.sync();
  return read;
}

async function drain(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _piece of content);
}

async function inFolderOf(
  folder: OpenFolder,
  parts: readonly string[],
  act: (parent: OpenFolder, name: string) => Promise<void>,
): Promise<void> {
  const [first = "", ...rest] = parts;
  if (rest.length === 0) return act(folder, first);
  // an archive need not name its folders
  const inner = await openFolder(folder.at(first)).catch(async (fault: unknown) => {
    if (codeOf(fault) !== "ENOENT")
      throw new BackupFault(`${JSON.stringify(parts.join("/"))} leads through what is no folder`);
    await mkdir(folder.at(first), { mode: 0o700 });
    return openFolder(folder.at(first));
  });
  try {
    await inFolderOf(inner, rest, act);
  } finally {
    await inner.close();
  }
}

async function makeFolder(parent: OpenFolder, name: string): Promise<void> {
  try {
    await mkdir(parent.at(name), { mode: 0o700 });
  } catch (fault) {
    if (codeOf(fault) !== "EEXIST") throw fault;
    await (await openFolder(parent.at(name))).close(); // a folder, and nothing else
  }
}

interface NewFile {
  readonly name: string;
  readonly entry: ArchiveEntry;
  readonly content: AsyncIterable<Buffer>;
}

async function writeFile(target: OpenFolder, parent: OpenFolder, { name, entry, content }: NewFile): Promise<void> {
  const { bavail, bsize } = await statfs(listingOf(target));
  if (entry.bytes > bavail * bsize - KEPT_FREE_BYTES) throw new BackupFault("it does not fit on the disk");
  const handle = await open(parent.at(name), CREATE, 0o600);
  try {
    for await (const piece of content) await handle.writeFile(piece);
    if (process.getuid?.() === 0) await handle.chown(entry.uid, entry.gid);
    await handle.chmod(entry.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await setTime(parent, name, entry);
}

/** Only root gives files to others. */
async function own(parent: OpenFolder, name: string, { uid, gid }: ArchiveEntry): Promise<void> {
  if (process.getuid?.() === 0) await lchown(parent.at(name), uid, gid);
}

async function setTime(parent: OpenFolder, name: string, { modifiedMs }: ArchiveEntry): Promise<void> {
  await lutimes(parent.at(name), modifiedMs / 1000, modifiedMs / 1000);
}
