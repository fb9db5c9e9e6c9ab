import { lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import path from "node:path";
import { messageOf, toIso } from "../../kernel/index.ts";

export interface WorkspaceEntry {
  /** relative to the workspace */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly bytes: number;
  readonly modifiedAt: string;
  readonly mode: string;
  readonly linkTarget?: string;
}

export interface WorkspaceInventory {
  readonly entries: WorkspaceEntry[];
  readonly gaps: string[];
  readonly truncated: boolean;
}

/**
 * Lists what lies in a directory without following links.
 *
 * @param entriesMax stops there and says so
 * @param excluded a directory that is never entered: Firebreak's own home holds keys, tokens and earlier evidence
 */
export function listWorkspace(root: string, entriesMax: number, excluded: string): WorkspaceInventory {
  const entries: WorkspaceEntry[] = [];
  const gaps: string[] = [];
  if (isWithin(root, excluded)) return { entries, gaps: ["the workspace is Firebreak's own home"], truncated: false };
  const queue = [""];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    const names = tryRead(gaps, directory, () => readdirSync(path.join(root, directory)).toSorted()) ?? [];
    for (const name of names) {
      if (entries.length >= entriesMax) return { entries, gaps, truncated: true };
      const relative = path.join(directory, name);
      const entry = tryRead(gaps, relative, () => describeEntry(root, relative));
      if (entry === undefined) continue;
      entries.push(entry);
      if (entry.type !== "directory") continue;
      if (isWithin(path.join(root, relative), excluded)) gaps.push(`${relative}: Firebreak's own home is left out`);
      else queue.push(relative);
    }
  }
  return { entries, gaps, truncated: false };
}

/** By their real places, so that a link to the home does not hide it. */
function isWithin(directory: string, excluded: string): boolean {
  const relative = path.relative(realPath(excluded), realPath(directory));
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return path.resolve(directory);
  }
}

function describeEntry(root: string, relative: string): WorkspaceEntry {
  const full = path.join(root, relative);
  const facts = lstatSync(full);
  const type = facts.isFile()
    ? "file"
    : facts.isDirectory()
      ? "directory"
      : facts.isSymbolicLink()
        ? "symlink"
        : "other";
  return {
    path: relative,
    type,
    bytes: facts.size,
    modifiedAt: toIso(facts.mtimeMs),
    mode: (facts.mode & 0o7777).toString(8).padStart(4, "0"),
    ...(type === "symlink" ? { linkTarget: readlinkSync(full) } : {}),
  };
}

function tryRead<T>(gaps: string[], what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (fault) {
    gaps.push(`${what || "."}: ${messageOf(fault)}`);
    return undefined;
  }
}
