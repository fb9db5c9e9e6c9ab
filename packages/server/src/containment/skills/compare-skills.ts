import { canonicalJson } from "../../kernel/index.ts";
import type { FolderScan, SkillEntry, SkillFinding } from "./manifest.ts";

export interface SkillChange {
  readonly skill: string;
  readonly path: string;
  readonly change: "added" | "changed" | "removed";
  /** SHA-256 before and now, where there is one */
  readonly was: string | null;
  readonly is: string | null;
  readonly message: string;
}

/** What differs from the baseline. */
export interface SkillDifference {
  readonly added: readonly string[];
  readonly modified: readonly string[];
  readonly removed: readonly string[];
  readonly changes: readonly SkillChange[];
  /** those that were not there when the baseline was made */
  readonly findings: readonly SkillFinding[];
}

export function compareSkills(before: FolderScan, now: FolderScan): SkillDifference {
  const was = new Map(before.entries.map((entry) => [entry.path, entry]));
  const is = new Map(now.entries.map((entry) => [entry.path, entry]));
  const paths = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  const changes = paths.flatMap((path) => changeOf(path, was.get(path), is.get(path)));
  const known = new Set(before.findings.map(({ code, path }) => `${code} ${path}`));
  const findings = now.findings.filter(({ code, path }) => !known.has(`${code} ${path}`));
  const skills = [...new Set([...changes, ...findings].map(({ path }) => skillOf(path)))].toSorted();
  const had = new Set(before.entries.map((entry) => skillOf(entry.path)));
  const has = new Set(now.entries.map((entry) => skillOf(entry.path)));
  return {
    added: skills.filter((skill) => !had.has(skill)),
    modified: skills.filter((skill) => had.has(skill) && has.has(skill)),
    removed: skills.filter((skill) => had.has(skill) && !has.has(skill)),
    changes,
    findings,
  };
}

export function isSame({ changes, findings }: SkillDifference): boolean {
  return changes.length === 0 && findings.length === 0;
}

/** @returns true when two trees of different names hold the same; what has no content (pipes, sockets) does not count */
export function isSameTree(one: FolderScan, oneName: string, other: FolderScan, otherName: string): boolean {
  const listed = ({ entries }: FolderScan, name: string) =>
    canonicalJson(
      entries
        .filter(({ kind }) => kind !== "other")
        .map((entry) => ({ ...entry, path: entry.path.slice(name.length) })),
    );
  return listed(one, oneName) === listed(other, otherName);
}

export const skillOf = (path: string): string => path.split("/", 1)[0] ?? path;

function changeOf(path: string, was: SkillEntry | undefined, is: SkillEntry | undefined): SkillChange[] {
  const hashes = { was: hashOf(was), is: hashOf(is) };
  const facts = { skill: skillOf(path), path, ...hashes };
  if (was === undefined) return [{ ...facts, change: "added", message: `${path} was added` }];
  if (is === undefined) return [{ ...facts, change: "removed", message: `${path} was removed` }];
  if (canonicalJson(was) === canonicalJson(is)) return [];
  return [{ ...facts, change: "changed", message: `${path}: ${whatChanged(was, is)}` }];
}

const hashOf = (entry: SkillEntry | undefined): string | null => (entry?.kind === "file" ? entry.sha256 : null);

function whatChanged(was: SkillEntry, is: SkillEntry): string {
  if (was.kind !== is.kind) return `it was a ${was.kind} and is a ${is.kind}`;
  if (was.kind === "file" && is.kind === "file" && was.sha256 !== is.sha256) return "its content differs";
  if (was.kind === "symlink" && is.kind === "symlink") return `it leads to ${is.target} and led to ${was.target}`;
  if ("mode" in was && "mode" in is) return `its mode was ${was.mode.toString(8)} and is ${is.mode.toString(8)}`;
  return "it differs";
}
