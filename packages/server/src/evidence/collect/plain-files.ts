import { constants, realpathSync } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { codeOf, listingOf, messageOf, openFolder, openRegular, toIso } from "../../kernel/index.ts";
import type { OpenFolder } from "../../kernel/index.ts";

/** What lies in a tree of files, as it was seen; nothing of it was followed. */
export interface TreeEntry {
  /** relative to the root; bytes that are no UTF-8 stand in hexadecimal */
  readonly path: string;
  /** the same as the system knows it */
  readonly raw: Buffer;
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly bytes: number;
  readonly modifiedAtMs: number;
  readonly mode: string;
  readonly owner: number;
  readonly linkTarget?: string;
}

export interface TreeListing {
  readonly entries: readonly TreeEntry[];
  readonly gaps: readonly string[];
  readonly isTruncated: boolean;
}

export interface TreeOptions {
  readonly entriesMax: number;
  /** directories that are never entered; Firebreak's own home holds keys, tokens and earlier evidence */
  readonly excluded: readonly string[];
  /** by name: directories that are listed and not entered */
  readonly passOver?: ReadonlySet<string>;
  /** begins at this directory below the root, instead of at the root */
  readonly from?: string;
  readonly signal: AbortSignal;
}

const DEPTH_MAX = 64;
const GAPS_MAX = 50;

/** Lists a tree, what lies near the top first. No link is followed, also not one that an agent puts there meanwhile. */
export async function listTree(root: string, options: TreeOptions): Promise<TreeListing> {
  const excluded = new Set(options.excluded.map(realPath));
  const listing = { entries: [] as TreeEntry[], gaps: [] as string[], isTruncated: false };
  const top = realPath(root);
  if ([...excluded].some((one) => isWithin(top, one))) {
    return { ...listing, gaps: ["this is Firebreak's own home, which is left out"] };
  }
  const from = options.from ?? "";
  const queue: { raw: Buffer; path: string }[] = [{ raw: Buffer.from(from), path: from }];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    options.signal.throwIfAborted();
    const place = at;
    try {
      await inFolder(root, place.raw, async (folder) => {
        const names = (await readdir(listingOf(folder), { encoding: "buffer" })).toSorted((a, b) =>
          Buffer.compare(a, b),
        );
        for (const name of names) {
          if (listing.entries.length >= options.entriesMax) {
            listing.isTruncated = true;
            return;
          }
          const entry = await describeEntry(folder, name, place).catch((fault: unknown) => {
            if (codeOf(fault) !== "ENOENT") note(listing.gaps, joined(place.path, textOf(name)), fault);
          });
          if (entry === undefined) continue;
          listing.entries.push(entry);
          if (entry.type !== "directory" || options.passOver?.has(textOf(name)) === true) continue;
          if (excluded.has(realPath(path.join(root, entry.path)))) {
            listing.gaps.push(`${entry.path}: Firebreak's own home is left out`);
          } else queue.push(entry);
        }
      });
    } catch (fault) {
      if (place.path === from) throw fault;
      note(listing.gaps, place.path, fault);
    }
    if (listing.isTruncated) break;
  }
  return listing;
}

function note(gaps: string[], place: string, fault: unknown): void {
  if (gaps.length < GAPS_MAX) gaps.push(`${place}: ${messageOf(fault)}`);
}

/** @returns the entries as a document for the archive */
export function describeTree({ entries, gaps, isTruncated }: TreeListing) {
  const rows = entries.map(({ path: file, type, bytes, modifiedAtMs, mode, owner, linkTarget }) => ({
    path: file,
    type,
    bytes,
    modifiedAt: toIso(modifiedAtMs),
    mode,
    owner,
    ...(linkTarget === undefined ? {} : { linkTarget }),
  }));
  return { entries: rows, gaps, truncated: isTruncated };
}

/** @returns why a listing is not complete; undefined when it is */
export function gapsOf({ entries, gaps, isTruncated }: TreeListing): string | undefined {
  const all = isTruncated ? [...gaps, `only the first ${entries.length} entries are listed`] : gaps;
  return all.length === 0 ? undefined : all.slice(0, 20).join("; ");
}

/** Opens a file of a listed tree, way by way, so that no link leads out of it. @returns null when it is no plain file now */
export async function openInTree(root: string, { raw }: Pick<TreeEntry, "raw">): Promise<FileHandle | null> {
  const cut = raw.lastIndexOf(0x2f);
  const parent = cut < 0 ? Buffer.alloc(0) : raw.subarray(0, cut);
  return inFolder(root, parent, (folder) => openRegular(folder.at(raw.subarray(cut + 1))));
}

/**
 * Opens one plain file by its path. Links at its end are not followed: an agent could put a link to any file there.
 *
 * @throws Error that says what stands there instead
 */
export async function openPlainFile(file: string): Promise<FileHandle> {
  await refuseForeignLinks(path.dirname(file));
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    async (fault: unknown) => {
      if (codeOf(fault) === "ELOOP") throw new Error(`it is a symbolic link to ${await readlink(file)}; not followed`);
      throw fault;
    },
  );
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error("it is no plain file");
}

/** A directory on the way may be a link of root's or of our own user; one of an agent's could lead where only we may read. */
async function refuseForeignLinks(directory: string): Promise<void> {
  for (let at = path.resolve(directory); at !== path.dirname(at); at = path.dirname(at)) {
    const facts = await lstat(at);
    const isTrusted = facts.uid === 0 || facts.uid === process.getuid?.();
    if (facts.isSymbolicLink() && !isTrusted)
      throw new Error(`${at} is a symbolic link of another user's; not followed`);
  }
}

/** @returns the beginning of a plain file as text; null when there is none of that name */
export function readPlainText(file: string, bytesMax: number): Promise<string | null> {
  return readText(() => openPlainFile(file), bytesMax);
}

/** The same of a file below a root, to which no link leads. */
export function readTextInTree(root: string, relative: string, bytesMax: number): Promise<string | null> {
  return readText(() => openInTree(root, { raw: Buffer.from(relative) }), bytesMax);
}

async function readText(openFile: () => Promise<FileHandle | null>, bytesMax: number): Promise<string | null> {
  let handle: FileHandle | null;
  try {
    handle = await openFile();
  } catch (fault) {
    if (codeOf(fault) === "ENOENT" || codeOf(fault) === "ENOTDIR") return null;
    throw fault;
  }
  if (handle === null) throw new Error("it is no plain file");
  try {
    const bytes = Buffer.alloc(Math.min(bytesMax, (await handle.stat()).size || bytesMax));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Works in a directory of a tree that is reached without following a link below the root, nor the root itself. */
async function inFolder<T>(root: string, relative: Buffer, work: (folder: OpenFolder) => Promise<T>): Promise<T> {
  let folder = await openFolder(root).catch(async (fault: unknown) => {
    const isLink = await lstat(root).then(
      (facts) => facts.isSymbolicLink(),
      () => false,
    );
    if (isLink) throw new Error(`${root} is a symbolic link to ${await readlink(root)}; not followed`);
    throw fault;
  });
  try {
    let depth = 0;
    for (const name of partsOf(relative)) {
      if ((depth += 1) > DEPTH_MAX) throw new Error(`it lies deeper than ${DEPTH_MAX} folders`);
      const next = await openFolder(folder.at(name));
      await folder.close();
      folder = next;
    }
    return await work(folder);
  } finally {
    await folder.close();
  }
}

function partsOf(relative: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < relative.length;) {
    const slash = relative.indexOf(0x2f, from);
    const to = slash < 0 ? relative.length : slash;
    parts.push(relative.subarray(from, to));
    from = to + 1;
  }
  return parts;
}

async function describeEntry(
  folder: OpenFolder,
  name: Buffer,
  parent: { readonly raw: Buffer; readonly path: string },
): Promise<TreeEntry> {
  const full = folder.at(name);
  const facts = await lstat(full);
  const type = facts.isFile()
    ? "file"
    : facts.isDirectory()
      ? "directory"
      : facts.isSymbolicLink()
        ? "symlink"
        : "other";
  return {
    path: joined(parent.path, textOf(name)),
    raw: parent.raw.length === 0 ? name : Buffer.concat([parent.raw, Buffer.from("/"), name]),
    type,
    bytes: facts.size,
    modifiedAtMs: facts.mtimeMs,
    mode: (facts.mode & 0o7777).toString(8).padStart(4, "0"),
    owner: facts.uid,
    ...(type === "symlink" ? { linkTarget: (await readlink(full)).toWellFormed() } : {}),
  };
}

const joined = (parent: string, name: string) => (parent === "" ? name : `${parent}/${name}`);

/** A name that is no UTF-8 is told with its bytes in hexadecimal, so that two such names stay two. */
function textOf(name: Buffer): string {
  const text = name.toString("utf8");
  return Buffer.from(text).equals(name) ? text : `\\x${name.toString("hex")}`;
}

/** By their real places, so that a link to the home does not hide it. */
function isWithin(directory: string, excluded: string): boolean {
  const relative = path.relative(excluded, directory);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return path.resolve(directory);
  }
}
