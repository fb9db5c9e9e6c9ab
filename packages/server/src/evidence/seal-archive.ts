import { execFile } from "node:child_process";
import { chmodSync, lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { FILES } from "./manifest.ts";

const run = promisify(execFile);

const PROGRAMS = { change: "/usr/bin/chattr", list: "/usr/bin/lsattr" } as const;
const TIMEOUT_MS = 60_000;
/** Names on one command line. */
const BATCH = 500;

/** How an archive's files are kept from being changed. */
export interface SealState {
  readonly immutable: boolean;
  /** why they are not immutable; null when they are */
  readonly why: string | null;
}

/**
 * Takes the right to write from everybody and, where the file system has the flag and this process may set it, makes the
 * files immutable, so that not even root changes them by accident. The custody log may only grow.
 *
 * @param wanted false: leaves the flag alone
 */
export async function sealArchive(directory: string, wanted: boolean): Promise<SealState> {
  const files = sealedFiles(directory);
  for (const file of files) if (lstatSync(file).isFile()) chmodSync(file, 0o400);
  if (!wanted) return { immutable: false, why: "it is turned off (FIREBREAK_EVIDENCE_IMMUTABLE)" };
  chmodSync(path.join(directory, FILES.blobs), 0o500);
  try {
    // a directory last: what is in it cannot be flagged any more once names in it are fixed
    for (const batch of batchesOf(files)) await run(PROGRAMS.change, ["+i", "--", ...batch], { timeout: TIMEOUT_MS });
    await run(PROGRAMS.change, ["+a", "--", path.join(directory, FILES.custody)], { timeout: TIMEOUT_MS });
    return { immutable: true, why: null };
  } catch (fault) {
    return { immutable: false, why: explain(fault) };
  }
}

/** Takes the flags off again, for whoever may delete an archive. @returns false when they stay */
export async function unsealArchive(directory: string): Promise<boolean> {
  try {
    const files = [...sealedFiles(directory).toReversed(), path.join(directory, FILES.custody)];
    for (const batch of batchesOf(files)) await run(PROGRAMS.change, ["-ia", "--", ...batch], { timeout: TIMEOUT_MS });
  } catch {
    return false;
  }
  chmodSync(path.join(directory, FILES.blobs), 0o700);
  return true;
}

/** @returns whether there is an archive at all, here and on this machine */
export function isSealable(directory: string): boolean {
  const isThere = (name: string) => lstatSync(path.join(directory, name), { throwIfNoEntry: false }) !== undefined;
  return isThere(FILES.blobs) && isThere(FILES.manifest);
}

/** @returns whether the manifest is immutable just now */
export async function isImmutable(directory: string): Promise<boolean> {
  try {
    const { stdout } = await run(PROGRAMS.list, ["-d", "--", path.join(directory, FILES.manifest)], {
      timeout: TIMEOUT_MS,
    });
    return (stdout.split(" ", 1)[0] ?? "").includes("i");
  } catch {
    return false;
  }
}

/** Regular files only: a link that somebody put there is neither followed nor changed. */
function sealedFiles(directory: string): string[] {
  const blobs = path.join(directory, FILES.blobs);
  const names = readdirSync(blobs).map((name) => path.join(blobs, name));
  const files = [...names, path.join(directory, FILES.manifest), path.join(directory, FILES.signature)];
  return [...files.filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() === true), blobs];
}

function* batchesOf(files: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < files.length; start += BATCH) yield files.slice(start, start + BATCH);
}

function explain(fault: unknown): string {
  const { code, stderr } = Object.assign({ code: "", stderr: "" }, fault);
  if (code === "ENOENT") return "chattr is not installed";
  return /not supported|inappropriate ioctl/i.test(stderr)
    ? "the file system has no such flag"
    : "this process may not set the flag";
}
