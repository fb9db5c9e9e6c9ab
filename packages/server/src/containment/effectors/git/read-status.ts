import type { Repository } from "./repository.ts";

export interface GitStatus {
  /** null when no branch is checked out */
  readonly branch: string | null;
  /** null before the first commit */
  readonly commit: string | null;
  /** changed, added, removed or not known to git; without what is ignored */
  readonly changed: readonly string[];
  /** of these, what git does not know */
  readonly untracked: readonly string[];
}

/** Reads `git status --porcelain=v2` (git-status(1), "Porcelain Format Version 2"). */
export async function readStatus({ git }: Repository): Promise<GitStatus> {
  const text = await git(
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=all",
  );
  return parseStatus(text);
}

/** How many fields stand before the path, by the kind of a line. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10, "?": 1 };

export function parseStatus(text: string): GitStatus {
  const headers = new Map<string, string>();
  const changed: string[] = [];
  const untracked: string[] = [];
  const parts = text.split("\0");
  for (let at = 0; at < parts.length; at++) {
    const line = parts[at] ?? "";
    const kind = line[0] ?? "";
    const fields = FIELDS[kind];
    const header = /^# (\S+) (.*)$/s.exec(line);
    if (header !== null) headers.set(header[1] ?? "", header[2] ?? "");
    if (fields === undefined) continue;
    const name = line.split(" ").slice(fields).join(" ");
    changed.push(name);
    if (kind === "?") untracked.push(name);
    // a renamed one is followed by its old name
    if (kind === "2") at++;
  }
  const [branch, commit] = [headers.get("branch.head"), headers.get("branch.oid")];
  return {
    branch: branch === undefined || branch === "(detached)" ? null : branch,
    commit: commit === undefined || commit === "(initial)" ? null : commit,
    changed,
    untracked,
  };
}
