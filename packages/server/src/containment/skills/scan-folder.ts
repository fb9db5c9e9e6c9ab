import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import path from "node:path";
import { foldText } from "../../detection/index.ts";
import { codeOf, listingOf, messageOf, openFolder, openRegular } from "../../kernel/index.ts";
import type { OpenFolder } from "../../kernel/index.ts";
import type { FolderScan, SkillEntry, SkillFinding } from "./manifest.ts";
import { ENTRIES_MAX, MESSAGE_CHARACTERS_MAX, PATH_CHARACTERS_MAX } from "./manifest.ts";

export interface ScanLimits {
  readonly entriesMax: number;
  readonly depthMax: number;
  readonly fileBytesMax: number;
  readonly totalBytesMax: number;
}

const LIMITS: ScanLimits = {
  entriesMax: ENTRIES_MAX,
  depthMax: 32,
  fileBytesMax: 256 * 1024 * 1024,
  totalBytesMax: 2 * 1024 * 1024 * 1024,
};

/** There is more in the folder than can be judged. */
export class ScanFault extends Error {
  override readonly name = "ScanFault";
}

/**
 * Reads every file in a folder of skills: its hash, size and mode, and what a hash does not show. Links are never
 * followed, and every file is the one that was looked at, also when an agent swaps names meanwhile.
 *
 * @param only the one skill to read; without it, all
 * @throws ScanFault when there is too much in it, or it cannot be read at all
 */
export async function scanFolder(folder: string, only?: string, limits: ScanLimits = LIMITS): Promise<FolderScan> {
  const root = await openFolder(folder).catch((fault: unknown) => {
    throw new ScanFault(`${folder} cannot be read (${codeOf(fault) ?? "fault"})`);
  });
  const scan: Scan = { limits, entries: [], findings: [], bytes: 0 };
  try {
    if (only === undefined) await readFolder(scan, root, "", 0);
    else await readChild(scan, root, Buffer.from(only), "", 0);
  } finally {
    await root.close();
  }
  return { entries: scan.entries.toSorted(byPath), findings: scan.findings.toSorted(byPath) };
}

interface Scan {
  readonly limits: ScanLimits;
  readonly entries: SkillEntry[];
  readonly findings: SkillFinding[];
  bytes: number;
}

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

async function readFolder(scan: Scan, folder: OpenFolder, place: string, depth: number): Promise<void> {
  if (depth > scan.limits.depthMax)
    throw new ScanFault(`something in ${place.slice(0, 200)} lies deeper than ${scan.limits.depthMax} folders`);
  const names = await readdir(listingOf(folder), { encoding: "buffer" });
  if (scan.entries.length + names.length > scan.limits.entriesMax) {
    throw new ScanFault(`there are more than ${scan.limits.entriesMax} files and folders in it`);
  }
  scan.findings.push(...lookAlikes(names.map(textOf), place));
  for (const name of names) await readChild(scan, folder, name, place, depth);
}

async function readChild(scan: Scan, folder: OpenFolder, name: Buffer, place: string, depth: number): Promise<void> {
  const at = place === "" ? textOf(name) : `${place}/${textOf(name)}`;
  if (at.length > PATH_CHARACTERS_MAX)
    throw new ScanFault(`a path in it has more than ${PATH_CHARACTERS_MAX} characters`);
  const full = folder.at(name);
  try {
    const stats = await lstat(full);
    if (stats.isDirectory()) await readSubfolder(scan, full, at, stats, depth);
    else if (stats.isSymbolicLink()) readLink(scan, at, await readlink(full));
    else if (stats.isFile()) await readFile(scan, full, at, stats);
    else other(scan, at, "special_file", `${at} is ${kindOf(stats)}`, kindOf(stats));
  } catch (fault) {
    if (fault instanceof ScanFault) throw fault;
    if (codeOf(fault) === "ENOENT") return;
    other(scan, at, "unreadable", `${at} cannot be read: ${messageOf(fault)}`, "unreadable");
  }
}

/** A name that is no UTF-8 is told with its odd bytes in hexadecimal, so that two such names stay two. */
function textOf(name: Buffer): string {
  const text = name.toString("utf8");
  return Buffer.from(text).equals(name) ? text : `\\x${name.toString("hex")}`;
}

async function readSubfolder(scan: Scan, full: Buffer, at: string, stats: Stats, depth: number): Promise<void> {
  const folder = await openFolder(full);
  try {
    scan.entries.push({ kind: "directory", path: at, mode: stats.mode & 0o7777 });
    await readFolder(scan, folder, at, depth + 1);
  } finally {
    await folder.close();
  }
}

function readLink(scan: Scan, at: string, target: string): void {
  scan.entries.push({ kind: "symlink", path: at, target });
  if (staysInside(at, target)) return;
  find(
    scan,
    "symlink_outside",
    at,
    `${at} is a link to ${target}, outside of the skill: what lies there is not watched`,
  );
}

/** By the text alone: a link that leads through another link is caught where that one leads out. */
function staysInside(at: string, target: string): boolean {
  if (path.posix.isAbsolute(target)) return false;
  const [skill = ""] = at.split("/");
  const resolved = path.posix.join(path.posix.dirname(at), target);
  return resolved === skill || resolved.startsWith(`${skill}/`);
}

async function readFile(scan: Scan, full: Buffer, at: string, seen: Stats): Promise<void> {
  if (seen.size > scan.limits.fileBytesMax) {
    return other(scan, at, "too_large", `${at} has ${seen.size} bytes, too many to be judged`, `${seen.size} bytes`);
  }
  const handle = await openRegular(full);
  if (handle === null) return other(scan, at, "swapped", `${at} was replaced while it was read`, "swapped");
  try {
    const stats = await handle.stat();
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 })) {
      const bytes: Buffer = chunk;
      size += bytes.length;
      scan.bytes += bytes.length;
      if (scan.bytes > scan.limits.totalBytesMax) throw new ScanFault("there are more bytes in it than can be judged");
      hash.update(bytes);
    }
    scan.entries.push({ kind: "file", path: at, sha256: hash.digest("hex"), size, mode: stats.mode & 0o7777 });
    if (stats.nlink > 1) {
      find(scan, "hard_link", at, `${at} has ${stats.nlink} names: it can be changed from outside of the folder`);
    }
  } finally {
    await handle.close();
  }
}

function other(scan: Scan, at: string, code: SkillFinding["code"], message: string, what: string): void {
  scan.entries.push({ kind: "other", path: at, what });
  find(scan, code, at, message);
}

function find(scan: Scan, code: SkillFinding["code"], at: string, message: string): void {
  scan.findings.push({ code, path: at, message: cut(message) });
}

const cut = (message: string) => message.slice(0, MESSAGE_CHARACTERS_MAX);

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

/** Names that a person takes for others: two that look alike, or one with letters of other scripts or without ink. */
function lookAlikes(names: readonly string[], place: string): SkillFinding[] {
  const seen = new Map<string, string>();
  return names.toSorted().flatMap((name): SkillFinding[] => {
    const looks = foldText(name).toLowerCase();
    const twin = seen.get(looks);
    seen.set(looks, name);
    const isDisguised = foldText(name) !== withoutAccents(name);
    if (twin === undefined && !isDisguised) return [];
    const at = place === "" ? name : `${place}/${name}`;
    const message =
      twin === undefined ? `${at} looks like ${foldText(name)} and is not` : `${at} looks like ${twin} beside it`;
    return [{ code: "lookalike_name", path: at, message: cut(message) }];
  });
}

function withoutAccents(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]+/g, "")
    .normalize("NFC");
}
