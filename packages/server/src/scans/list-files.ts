import { lstat, opendir } from "node:fs/promises";
import path from "node:path";
import type { ScanSkip } from "@firebreak/protocol";
import { messageOf } from "../kernel/index.ts";

const FILES_MAX = 100_000;
const DEPTH_MAX = 64;

export interface FileListing {
  /** in the order of their paths */
  readonly files: readonly string[];
  readonly skipped: readonly ScanSkip[];
}

/**
 * All plain files of a folder, or the file itself. Links are not followed, other file systems not entered, and what lies in `without` is
 * left out, as it is where secrets are.
 *
 * @throws Error when there are too many
 */
export async function listFiles(root: string, without: string): Promise<FileListing> {
  const files: string[] = [];
  const skipped: ScanSkip[] = [];
  const { dev } = await lstat(root);
  const visit = async (place: string, depth: number): Promise<void> => {
    const skip = (reason: string) => void skipped.push({ place, reason });
    if (isInside(place, without)) return skip("is Firebreak's own");
    try {
      const found = await lstat(place);
      if (found.isFile()) {
        if (files.length >= FILES_MAX) throw new TooMany();
        files.push(place);
      } else if (!found.isDirectory()) return skip("is no plain file");
      else if (found.dev !== dev) return skip("lies on another file system");
      else if (depth >= DEPTH_MAX) return skip(`lies deeper than ${DEPTH_MAX} folders`);
      else for await (const { name } of await opendir(place)) await visit(path.join(place, name), depth + 1);
    } catch (fault) {
      if (fault instanceof TooMany) throw fault;
      skip(messageOf(fault));
    }
  };
  await visit(root, 0);
  return { files: files.sort(byBytes), skipped };
}

class TooMany extends Error {
  override readonly message = `there are more than ${FILES_MAX} files: name a folder below`;
}

function isInside(place: string, folder: string): boolean {
  return place === folder || place.startsWith(`${folder}${path.sep}`);
}

/** The same everywhere, so that a scan that goes on finds its place. */
export function byBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
