import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { codeOf } from "./errors.ts";

/**
 * A directory that is held open, so that what is done to `at(name)` happens in it, whatever an agent puts in the place of
 * its path meanwhile. Linux reaches it through its descriptor; elsewhere the path must serve.
 */
export interface OpenFolder {
  /** @returns a path of what is in it; never follow the last part */
  at(name: Buffer | string): Buffer;
  sync(): Promise<void>;
  close(): Promise<void>;
}

const LINUX = process.platform === "linux";

/** @throws with the code ELOOP or ENOTDIR when it is no directory, or a symbolic link to one */
export async function openFolder(path: Buffer | string): Promise<OpenFolder> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const base = Buffer.from(LINUX ? `/proc/self/fd/${handle.fd}/` : `${path.toString()}/`);
  return {
    at: (name) => Buffer.concat([base, Buffer.from(name)]),
    sync: () => syncHandle(handle),
    close: () => handle.close(),
  };
}

async function syncHandle(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (fault) {
    // some file systems refuse it for directories
    if (codeOf(fault) !== "EINVAL") throw fault;
  }
}

/** @returns the path to list a folder by: the folder itself, not a link to it */
export function listingOf(folder: OpenFolder): Buffer {
  return folder.at(".");
}

/** @returns a regular file, open for reading; null when something else stands there by now */
export async function openRegular(path: Buffer): Promise<FileHandle | null> {
  // a pipe must not keep us waiting for its writer
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}

/** @returns true when nothing has that name */
export async function isFree(path: Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return true;
    throw fault;
  }
}

/** Works with something that is open, and closes it whatever comes of it. */
export async function closing<T>(opened: { readonly close: () => Promise<void> }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await opened.close();
  }
}
