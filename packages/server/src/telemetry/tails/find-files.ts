import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { glob } from "tinyglobby";
import type { TailConfig } from "./tail-config.ts";
import { keyOf } from "./tailed-file.ts";

/** A file as the directory names it. */
export interface FoundFile {
  readonly path: string;
  readonly key: string;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** paths that are there and not read, with why */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

const FILES_MAX = 10_000;
const WILDCARD = /[*?{[]/;
const COMPRESSED = /\.(?:gz|bz2|xz|zst|zip)$/;

/** @returns the plain files that a tail's paths lead to now */
export async function findFiles(config: TailConfig): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>();
  const problems: { path: string; message: string }[] = [];
  for (const one of await expandPaths(config)) {
    if (COMPRESSED.test(one)) continue;
    if (files.size >= FILES_MAX) {
      problems.push({ path: one, message: `more than ${FILES_MAX} files fit the paths; the others are not read` });
      break;
    }
    const found = await (config.followSymlinks ? stat(one) : lstat(one)).catch(() => undefined);
    if (found === undefined) continue;
    if (found.isSymbolicLink()) {
      problems.push({ path: one, message: "this is a symbolic link; set followSymlinks to read where it leads" });
    } else if (!found.isFile()) problems.push({ path: one, message: "this is no plain file" });
    else files.set(keyOf(found), { path: one, key: keyOf(found), size: found.size, mtimeMs: found.mtimeMs });
  }
  return { files: [...files.values()], problems };
}

async function expandPaths({ paths, followSymlinks }: TailConfig): Promise<string[]> {
  const patterns = paths.filter((one) => WILDCARD.test(one));
  const plain = paths.filter((one) => !WILDCARD.test(one));
  if (patterns.length === 0) return plain;
  const options = { absolute: true, dot: true, expandDirectories: false, followSymbolicLinks: followSymlinks };
  return [...plain, ...(await glob(patterns, options)).toSorted()];
}

/** What rotation puts behind a name (`app.log.1`, `app.log-20260301`), or before its ending (`app-2026-03-01.log`). */
const BEHIND = /^(.+?)[.-]\d[\d.T_:-]*$/;
const BEFORE_ENDING = /^(.+?)[.-]\d{4}-?\d{2}-?\d{2}[\dT_:-]*(\.[A-Za-z]+)$/;

/** Finds files that may have been written under another name before they were rotated; reads each directory once. */
export class RotatedFiles {
  readonly #directories = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

  /** @returns the plain files beside a path that rotation may have made of it, not compressed, oldest first */
  async of(file: string): Promise<FoundFile[]> {
    const directory = path.dirname(file);
    let names = this.#directories.get(directory);
    if (names === undefined) this.#directories.set(directory, (names = indexRotated(directory)));
    const found: FoundFile[] = [];
    for (const name of (await names).get(path.basename(file)) ?? []) {
      const full = path.join(directory, name);
      const at = await lstat(full).catch(() => undefined);
      if (at?.isFile() === true) found.push({ path: full, key: keyOf(at), size: at.size, mtimeMs: at.mtimeMs });
    }
    return found.toSorted((a, b) => a.mtimeMs - b.mtimeMs);
  }
}

/** @returns the rotated names in a directory by the name they were written under */
async function indexRotated(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const index = new Map<string, string[]>();
  for (const name of await readdir(directory).catch(() => [])) {
    const dated = BEFORE_ENDING.exec(name);
    const originals = new Set([BEHIND.exec(name)?.[1], dated === null ? undefined : `${dated[1]}${dated[2]}`]);
    for (const original of originals) {
      if (original !== undefined) index.set(original, [...(index.get(original) ?? []), name]);
    }
  }
  return index;
}
