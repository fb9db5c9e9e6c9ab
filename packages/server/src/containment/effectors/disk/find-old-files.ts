import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { readFileSync } from "node:fs";
import path from "node:path";
import picomatch from "picomatch";
import { codeOf, listingOf, openFolder } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { fileKey } from "./open-files.ts";
import type { OpenFiles } from "./open-files.ts";

/** The folder's own trash, in it: on the same disk, whatever is mounted where. */
export const TRASH = ".firebreak-trash";

export interface OldFile {
  /** below the folder, its parts as the file system holds them */
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  readonly modifiedMs: number;
  /** which file it was when it was chosen */
  readonly key: string;
}

export interface Chosen {
  /** the oldest first */
  readonly files: readonly OldFile[];
  /** old enough and kept all the same, by the reason */
  readonly kept: Readonly<Record<"open" | "linked" | "newest", number>>;
}

export interface Rule {
  readonly olderThanMs: number;
  readonly nowMs: number;
  readonly patterns: readonly string[];
  readonly keepNewest: number;
}

/** There is more in the folder than can be judged, or it holds what is not judged by its age. */
export class CleanFault extends Error {
  override readonly name = "CleanFault";
}

const ENTRIES_MAX = 300_000;
const DEPTH_MAX = 48;
/** A folder that holds one of these is a database or a repository: its old files are its data. */
const DATA_MARKS = new Set(["PG_VERSION", "ibdata1", "WiredTiger", "appendonlydir", "CURRENT", "HEAD"]);

/**
 * Chooses files by age, name and use. Only regular files with one name, on the folder's own file system; links are not
 * followed, mounts, repositories and databases not entered.
 *
 * @throws CleanFault
 */
export async function findOldFiles(folder: OpenFolder, place: string, rule: Rule, open: OpenFiles): Promise<Chosen> {
  const walk: Walk = {
    dev: (await lstat(listingOf(folder))).dev,
    mounts: readMounts(),
    matches: toMatcher(rule.patterns),
    entries: 0,
    found: [],
  };
  await readInto(walk, folder, [], place);
  const newestFirst = walk.found.toSorted((a, b) => b.file.modifiedMs - a.file.modifiedMs);
  const spared = newestFirst.slice(0, rule.keepNewest);
  const isOld = ({ file }: Found) => file.modifiedMs < rule.nowMs - rule.olderThanMs;
  const old = newestFirst.slice(rule.keepNewest).filter(isOld).toReversed();
  const isOpen = ({ file }: Found) => open.written.has(file.key);
  const isLinked = ({ names }: Found) => names > 1;
  return {
    files: old.filter((one) => !isOpen(one) && !isLinked(one)).map(({ file }) => file),
    kept: {
      open: old.filter(isOpen).length,
      linked: old.filter((one) => !isOpen(one) && isLinked(one)).length,
      newest: spared.filter(isOld).length,
    },
  };
}

interface Found {
  readonly file: OldFile;
  readonly names: number;
}

interface Walk {
  readonly dev: number;
  readonly mounts: ReadonlySet<string>;
  readonly matches: (path: string) => boolean;
  entries: number;
  readonly found: Found[];
}

async function readInto(walk: Walk, folder: OpenFolder, above: readonly Buffer[], place: string): Promise<void> {
  const names = await readdir(listingOf(folder), { encoding: "buffer" });
  const mark = names.map(String).find((name) => DATA_MARKS.has(name));
  if (mark !== undefined && above.length === 0) {
    throw new CleanFault(`${place} holds ${mark}: it is a database or a repository, whose old files are its data`);
  }
  if (mark !== undefined) return;
  for (const name of names) {
    walk.entries += 1;
    if (walk.entries > ENTRIES_MAX)
      throw new CleanFault(`${place} holds more than ${ENTRIES_MAX} files: name a folder in it`);
    const stat = await lstatOrNull(folder.at(name));
    if (stat === null || stat.dev !== walk.dev) continue;
    const parts = [...above, name];
    if (stat.isDirectory()) await enter(walk, folder, parts, path.join(place, name.toString()));
    else if (stat.isFile()) note(walk, parts, stat);
  }
}

async function enter(walk: Walk, folder: OpenFolder, parts: readonly Buffer[], place: string): Promise<void> {
  const name = parts.at(-1) ?? Buffer.alloc(0);
  const isOwn = parts.length === 1 && name.toString() === TRASH;
  if (isOwn || name.toString() === ".git" || walk.mounts.has(place)) return;
  if (parts.length > DEPTH_MAX) throw new CleanFault(`${place} is too deep to be judged`);
  const inner = await openFolder(folder.at(name)).catch(ignoreGone);
  if (inner === null) return;
  try {
    await readInto(walk, inner, parts, place);
  } finally {
    await inner.close();
  }
}

/** What was swapped for something else, or may not be entered, is not cleaned. */
function ignoreGone(fault: unknown): null {
  if (["ENOENT", "ELOOP", "ENOTDIR", "EACCES", "EPERM"].includes(codeOf(fault) ?? "")) return null;
  throw fault;
}

function note(walk: Walk, parts: readonly Buffer[], stat: Stats): void {
  const relative = Buffer.concat(parts.flatMap((part, n) => (n === 0 ? [part] : [Buffer.from("/"), part])));
  if (!walk.matches(relative.toString("utf8"))) return;
  const file = { parts, bytes: stat.size, modifiedMs: stat.mtimeMs, key: fileKey(stat) };
  walk.found.push({ file, names: stat.nlink });
}

/** A pattern without a slash is for names in every folder, as in .gitignore; one with a slash for paths below the folder. */
function toMatcher(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => true;
  const matchers = patterns.map((pattern) => {
    const matches = picomatch(pattern, { dot: true, noextglob: true });
    return pattern.includes("/") ? matches : (file: string) => matches(path.posix.basename(file));
  });
  return (file) => matchers.some((matches) => matches(file));
}

export async function lstatOrNull(file: Buffer): Promise<Stats | null> {
  try {
    return await lstat(file);
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
}

/** Also those that bind a folder of the same file system; proc(5), mountinfo: the fifth field, its blanks in octal. */
function readMounts(): ReadonlySet<string> {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const unescape = (text: string) =>
      text.replace(/\\([0-7]{3})/g, (_all, code) => String.fromCharCode(parseInt(code, 8)));
    return new Set(lines.map((line) => unescape(line.split(" ")[4] ?? "")));
  } catch {
    return new Set(); // elsewhere the device says enough
  }
}
