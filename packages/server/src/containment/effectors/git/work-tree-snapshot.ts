import path from "node:path";
import { rm } from "node:fs/promises";
import { expectDone, GitFault } from "./repository.ts";
import type { Repository } from "./repository.ts";

const OID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

function toOid(text: string): string {
  const oid = text.trim();
  if (!OID.test(oid)) throw new GitFault("failed", "git gave no name of an object");
  return oid;
}

/** @returns the commit of that name @throws GitFault when there is none */
export async function resolveCommit({ attempt }: Repository, name: string): Promise<string> {
  const found = await attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  if (found.code !== 0) throw new GitFault("not_found", `the repository has no commit ${name}`);
  return toOid(found.stdout);
}

/**
 * Keeps a work tree and its index as commits under a ref, so that nothing removes them: its tree is what lies there (tracked
 * or not, without what is ignored), its second parent the index, its third what lies where `target` has files, ignored or
 * not.
 *
 * @returns the commit
 */
export async function saveWorkTree(repository: Repository, target: string, ref: string): Promise<string> {
  const { git } = repository;
  const indexTree = toOid(await git("write-tree"));
  const all = await treeOfFiles(repository, indexTree, ref);
  const ofTarget = await treeOfFiles(repository, target, ref);
  const commit = async (tree: string, parents: readonly string[], what: string) =>
    toOid(await git("commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", `Firebreak: ${what}`));
  const index = await commit(indexTree, [target], "the index before a restore");
  const covered = await commit(ofTarget, [target], "the files before a restore, where the restored commit has some");
  const saved = await commit(all, [target, index, covered], "the files before a restore");
  await git("update-ref", ref, saved);
  return saved;
}

/** @returns a tree of what lies in the folder, seen with the eyes of an index that knows the files of `base` */
async function treeOfFiles(repository: Repository, base: string, ref: string): Promise<string> {
  const name = `${ref.split("/").at(-1) ?? "firebreak"}.index`;
  const gitDir = (await repository.git("rev-parse", "--absolute-git-dir")).trim();
  const file = path.join(gitDir, name);
  const run = async (...args: string[]) => expectDone(args, await repository.attempt(args, { GIT_INDEX_FILE: file }));
  try {
    await run("read-tree", base);
    await run("add", "-A", "--", ".");
    return toOid(await run("write-tree"));
  } finally {
    await rm(file, { force: true });
  }
}

/** Puts back what `saveWorkTree` kept, of these paths. */
export async function bringBack(repository: Repository, saved: string, paths: readonly string[]): Promise<void> {
  const restore = async (...args: string[]) => {
    const all = ["restore", ...args, "--", ...paths];
    const run = await repository.attempt(all);
    // a path that was not there then, and is not now
    if (run.code !== 0 && !run.stderr.includes("did not match any file")) expectDone(all, run);
  };
  await restore(`--source=${saved}`, "--staged", "--worktree");
  await restore(`--source=${saved}^3`, "--overlay", "--worktree");
  await restore(`--source=${saved}^2`, "--staged");
}
