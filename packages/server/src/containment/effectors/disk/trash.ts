import { lstat, mkdir, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { codeOf, isFree, listingOf, openFolder } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { removeTree } from "../../skills/move-tree.ts";
import { lstatOrNull, TRASH } from "./find-old-files.ts";
import { fileKey } from "./open-files.ts";
import type { OpenFiles } from "./open-files.ts";

/** A file that is to be moved, or was: in the trash its name is its number in the list. */
export interface Moved {
  /** below the folder */
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly key: string;
}

/** A folder of the trash, open, with what it lies in. */
export interface Trash {
  readonly own: OpenFolder;
  close(): Promise<void>;
  /** Removes it, and the trash, as far as they are empty. */
  removeEmpty(): Promise<void>;
}

/** @returns null when it is not there and is not to be made */
export async function openTrash(folder: OpenFolder, name: string, make: boolean): Promise<Trash | null> {
  const trash = await openOrMake(folder, TRASH, make);
  if (trash === null) return null;
  const own = await openOrMake(trash, name, make).catch(async (fault: unknown) => {
    await trash.close();
    throw fault;
  });
  if (own === null) {
    await trash.close();
    return null;
  }
  return {
    own,
    close: async () => {
      await own.close();
      await trash.close();
    },
    removeEmpty: async () => {
      await rmdir(trash.at(name)).catch(ignoreFull);
      await rmdir(folder.at(TRASH)).catch(ignoreFull);
    },
  };
}

async function openOrMake(folder: OpenFolder, name: string, make: boolean): Promise<OpenFolder | null> {
  if (make) {
    await mkdir(folder.at(name), { mode: 0o700 }).catch((fault: unknown) => {
      if (codeOf(fault) !== "EEXIST") throw fault;
    });
  }
  return openFolder(folder.at(name)).catch((fault: unknown) => {
    if (codeOf(fault) === "ENOENT" && !make) return null;
    throw fault;
  });
}

function ignoreFull(fault: unknown): void {
  if (!["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(codeOf(fault) ?? "")) throw fault;
}

/** Does something in the folder that holds a file, whose every part is opened anew and never through a link. */
async function inParent<T>(
  folder: OpenFolder,
  parts: readonly Buffer[],
  act: (parent: OpenFolder, name: Buffer) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = parts;
  if (first === undefined) throw new Error("a file has a name");
  if (rest.length === 0) return act(folder, first);
  const inner = await openFolder(folder.at(first));
  try {
    return await inParent(inner, rest, act);
  } finally {
    await inner.close();
  }
}

/** What a file may be when it is not moved: gone, another one by now, or not ours to move. */
const SKIPPED = new Set(["ENOENT", "ELOOP", "ENOTDIR", "EACCES", "EPERM", "EXDEV", "EBUSY"]);

/** @returns whether it lies in the trash now; false: it is gone, another one by now, or cannot be moved @throws for any other fault */
export async function moveToTrash(
  folder: OpenFolder,
  trash: OpenFolder,
  file: Moved,
  number: number,
): Promise<boolean> {
  const target = trash.at(String(number));
  const there = await lstatOrNull(target);
  if (there !== null && fileKey(there) === file.key) return true;
  try {
    return await inParent(folder, file.parts, async (parent, name) => {
      const before = await lstat(parent.at(name));
      const isChosen = before.isFile() && fileKey(before) === file.key && before.mtimeMs === file.modifiedMs;
      if (!isChosen) return false;
      if (!(await isFree(target))) throw new Error(`something else lies in the trash as ${number}`);
      await rename(parent.at(name), target);
      if (fileKey(await lstat(target)) === file.key) return true;
      // its name was given to another in between
      await rename(target, parent.at(name));
      return false;
    });
  } catch (fault) {
    if (SKIPPED.has(codeOf(fault) ?? "")) return false;
    throw fault;
  }
}

export type Returned = "back" | "gone" | "taken";

/** Moves a file back to its name. `gone`: it is not in the trash; `taken`: something has its name, or its folder is gone. */
export async function moveBack(folder: OpenFolder, trash: OpenFolder, file: Moved, number: number): Promise<Returned> {
  const source = trash.at(String(number));
  const there = await lstatOrNull(source);
  if (there === null || fileKey(there) !== file.key) return (await isBack(folder, file)) ? "back" : "gone";
  try {
    return await inParent(folder, file.parts, async (parent, name) => {
      if (!(await isFree(parent.at(name)))) return "taken";
      await rename(source, parent.at(name));
      return "back";
    });
  } catch (fault) {
    if (["ENOENT", "ELOOP", "ENOTDIR"].includes(codeOf(fault) ?? "")) return "taken";
    throw fault;
  }
}

/** @returns whether that very file has its name (again) */
export async function isBack(folder: OpenFolder, file: Moved): Promise<boolean> {
  try {
    return await inParent(folder, file.parts, async (parent, name) => {
      const stat = await lstatOrNull(parent.at(name));
      return stat !== null && fileKey(stat) === file.key;
    });
  } catch (fault) {
    if (SKIPPED.has(codeOf(fault) ?? "")) return false;
    throw fault;
  }
}

export interface Purged {
  readonly files: number;
  readonly bytes: number;
}

const OWN_NAME = /^[0-9a-f]{24}$/;

/**
 * Deletes for good what lies in the folder's trash, of this cleaning and of those before; never through a link, and not what
 * is open for writing.
 */
export async function purgeTrash(folder: OpenFolder, { written }: OpenFiles): Promise<Purged> {
  const trash = await openOrMake(folder, TRASH, false);
  const purged = { files: 0, bytes: 0 };
  if (trash === null) return purged;
  try {
    for (const name of (await readdir(listingOf(trash))).filter((one) => OWN_NAME.test(one))) {
      const { files, bytes } = await purgeOne(await openFolder(trash.at(name)), written);
      purged.files += files;
      purged.bytes += bytes;
      await rmdir(trash.at(name)).catch(ignoreFull);
    }
  } finally {
    await trash.close();
  }
  await rmdir(folder.at(TRASH)).catch(ignoreFull);
  return purged;
}

async function purgeOne(own: OpenFolder, written: ReadonlySet<string>): Promise<Purged> {
  let [files, bytes] = [0, 0];
  try {
    for (const child of await readdir(listingOf(own), { encoding: "buffer" })) {
      const stat = await lstatOrNull(own.at(child));
      if (stat === null || written.has(fileKey(stat))) continue;
      if (stat.isDirectory()) await removeTree(own, child);
      else await unlink(own.at(child));
      files += 1;
      // one that has another name by now frees nothing
      bytes += stat.nlink === 1 ? stat.blocks * 512 : 0;
    }
  } finally {
    await own.close();
  }
  return { files, bytes };
}
