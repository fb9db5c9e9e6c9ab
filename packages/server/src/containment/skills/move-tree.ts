import { constants } from "node:fs";
import { chmod, lchown, lstat, mkdir, open, readdir, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import { codeOf, listingOf, openFolder, openRegular } from "../../kernel/index.ts";
import type { OpenFolder } from "../../kernel/index.ts";

/**
 * Moves what has the name in one folder to a name in another, in one act where both lie on one file system, else by a
 * durable copy. Nothing on the way follows a link. The name in `to` must be free.
 *
 * @param parked a name in `from` under which it is kept while it is copied, out of the reach of whoever looks for it
 * @param isComplete judges the copy before the original is removed
 * @throws when the copy is not complete: the original lies under `parked` then
 */
export async function moveTree(
  from: OpenFolder,
  name: string,
  to: OpenFolder,
  newName: string,
  { parked, isComplete }: { readonly parked: string; readonly isComplete: () => Promise<boolean> },
): Promise<void> {
  try {
    await rename(from.at(name), to.at(newName));
  } catch (fault) {
    if (codeOf(fault) !== "EXDEV") throw fault;
    await rename(from.at(name), from.at(parked));
    await from.sync();
    await finishCopy(from, to, newName, { parked, isComplete });
    return;
  }
  await to.sync();
  await from.sync();
}

/** Goes on with a copy that was cut off: what is there of it is made anew. */
export async function finishCopy(
  from: OpenFolder,
  to: OpenFolder,
  newName: string,
  { parked, isComplete }: { readonly parked: string; readonly isComplete: () => Promise<boolean> },
): Promise<void> {
  await removeTree(to, newName);
  await copyTree(from, Buffer.from(parked), to, Buffer.from(newName));
  await to.sync();
  if (!(await isComplete())) throw new Error(`the copy differs from what was copied, which lies under ${parked} still`);
  await removeTree(from, parked);
  await from.sync();
}

const DEPTH_MAX = 64;

async function copyTree(from: OpenFolder, name: Buffer, to: OpenFolder, newName: Buffer, depth = 0): Promise<void> {
  if (depth > DEPTH_MAX) throw new Error("it is too deep to be copied");
  const source = from.at(name);
  const target = to.at(newName);
  const stats = await lstat(source);
  if (stats.isSymbolicLink()) {
    await symlink(await readlink(source), target);
    await lchown(target, stats.uid, stats.gid).catch(ignoreRights);
  } else if (stats.isDirectory()) {
    await mkdir(target, { mode: 0o700 });
    const [inner, copy] = [await openFolder(source), await openFolder(target)];
    try {
      for (const child of await readdir(listingOf(inner), { encoding: "buffer" })) {
        await copyTree(inner, child, copy, child, depth + 1);
      }
      await copy.sync();
    } finally {
      await inner.close();
      await copy.close();
    }
    await lchown(target, stats.uid, stats.gid).catch(ignoreRights);
    await chmod(target, stats.mode & 0o7777);
  } else if (stats.isFile()) await copyFile(source, target);
  // pipes, sockets and devices have no content to keep; the manifest names them
}

async function copyFile(source: Buffer, target: Buffer): Promise<void> {
  const input = await openRegular(source);
  if (input === null) throw new Error(`${source.toString()} was replaced while it was copied`);
  try {
    const stats = await input.stat();
    const output = await open(
      target,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      for await (const chunk of input.createReadStream({ autoClose: false })) await output.write(chunk);
      await output.chown(stats.uid, stats.gid).catch(ignoreRights);
      await output.chmod(stats.mode & 0o7777);
      await output.utimes(stats.atime, stats.mtime);
      await output.sync();
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}

/** Only root gives files to others. */
function ignoreRights(fault: unknown): void {
  if (codeOf(fault) !== "EPERM") throw fault;
}

/** Removes what has the name, whatever it is, and never what a link leads to; nothing there is fine. */
export async function removeTree(folder: OpenFolder, name: Buffer | string): Promise<void> {
  const full = folder.at(name);
  try {
    if (!(await lstat(full)).isDirectory()) {
      await unlink(full);
      return;
    }
    const inner = await openFolder(full);
    try {
      for (const child of await readdir(listingOf(inner), { encoding: "buffer" })) await removeTree(inner, child);
    } finally {
      await inner.close();
    }
    await rmdir(full);
  } catch (fault) {
    if (codeOf(fault) !== "ENOENT") throw fault;
  }
}
