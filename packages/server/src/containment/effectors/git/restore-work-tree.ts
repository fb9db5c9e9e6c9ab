import { createHash } from "node:crypto";
import { z } from "zod";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { gitNeeds } from "./git-needs.ts";
import { explainGit, gitFolder } from "./git-parameters.ts";
import { readStatus } from "./read-status.ts";
import { expectDone, openRepository } from "./repository.ts";
import type { Repository } from "./repository.ts";
import { bringBack, resolveCommit, saveWorkTree } from "./work-tree-snapshot.ts";

const PATHS_MAX = 200;

const parameters = z.strictObject({
  folder: gitFolder,
  commit: z
    .string()
    .max(256)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/~^@{}-]*$/, "use the name of a commit, a branch or a tag")
    .default("HEAD"),
  /** files and folders in it, as they are, without wildcards; left out: all of it */
  paths: z
    .array(z.string().min(1).max(4096).refine(isPathInside, "use paths inside the folder, without .."))
    .min(1)
    .max(PATHS_MAX)
    .optional(),
});
type Parameters = z.output<typeof parameters>;

function isPathInside(text: string): boolean {
  return !text.startsWith("/") && !text.includes("\0") && !text.split("/").includes("..");
}

const before = z.object({ folder: z.string(), ref: z.string(), saved: z.string(), target: z.string() });

/** Makes a work tree (or paths in it) what a commit says, and keeps what was there under a ref; undo brings it back. */
export function gitRestore(program: string): Effector {
  const open = (ctx: EffectorContext, { folder }: Parameters) => openRepository(ctx, program, folder);
  return defineEffector({
    name: "git.restore",
    title: "Put a git work tree back to a commit",
    // what was there is kept in the repository
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    checkNeeds: () => gitNeeds(program),
    blastRadius: async (_ctx, { folder }) => ({ ...TOUCHES_NOTHING, services: [`the files of ${folder}`] }),
    preview: async (ctx, given) => {
      const outcome = await explainGit(async () => preview(await open(ctx, given), given));
      return [outcome.ok ? outcome.message : `nothing: ${outcome.message}`];
    },
    apply: (ctx, given) => explainGit(async () => restore(await open(ctx, given), ctx, given)),
    verify: (ctx, given) => explainGit(async () => judge(await open(ctx, given), ctx, given)),
    undo: (ctx, given) =>
      explainGit(async () => {
        const was = readEffectRecord(ctx, before);
        if (was === null) return { ok: true, output: {}, message: "nothing is to be put back" };
        const repository = await open(ctx, given);
        const later = await keepLaterChanges(repository, was, pathsOf(given));
        await bringBack(repository, was.saved, pathsOf(given));
        await repository.git("update-ref", "-d", was.ref);
        removeEffectRecord(ctx);
        return { ok: true, output: {}, message: `${repository.folder} is as it was before${later}` };
      }),
  });
}

const pathsOf = ({ paths }: Parameters): readonly string[] => paths ?? ["."];

async function changesAgainst({ git }: Repository, target: string, paths: readonly string[]): Promise<string[]> {
  const text = await git(
    "diff",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "-z",
    target,
    "--",
    ...paths,
  );
  return text.split("\0").filter(Boolean);
}

async function preview(repository: Repository, given: Parameters): Promise<EffectorOutcome> {
  const target = await resolveCommit(repository, given.commit);
  const changed = await changesAgainst(repository, target, pathsOf(given));
  const { untracked } = await readStatus(repository);
  const some = changed.slice(0, 20).join(", ");
  const what = changed.length === 0 ? "nothing: every file is as in" : `puts ${changed.length} file(s) back to`;
  const stays = untracked.length === 0 ? "" : `; ${untracked.length} file(s) that git does not know stay`;
  const message = `${what} ${target.slice(0, 12)}${some === "" ? "" : `: ${some}`}${stays}`;
  return { ok: true, output: {}, message };
}

async function restore(repository: Repository, ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, before);
  const target = known?.target ?? (await resolveCommit(repository, given.commit));
  const paths = pathsOf(given);
  const changed = await changesAgainst(repository, target, paths);
  if (known === null) {
    const ref = refOf(ctx);
    const saved = await saveWorkTree(repository, target, ref);
    writeEffectRecord(ctx, { folder: repository.folder, ref, saved, target });
  }
  await repository.git(
    "restore",
    `--source=${target}`,
    "--staged",
    "--worktree",
    "--ignore-skip-worktree-bits",
    "--",
    ...paths,
  );
  const outcome = await judge(repository, ctx, given);
  const { untracked } = await readStatus(repository);
  const facts = { changed: changed.slice(0, PATHS_MAX), untracked: untracked.slice(0, PATHS_MAX) };
  return outcome.ok ? { ...outcome, output: { ...outcome.output, ...facts } } : outcome;
}

function refOf({ runId, stepId }: EffectorContext): string {
  return `refs/firebreak/before-${createHash("sha256").update(`${runId}/${stepId}`).digest("hex").slice(0, 24)}`;
}

async function judge(repository: Repository, ctx: EffectorContext, given: Parameters): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, before);
  if (known === null) return { ok: false, reason: "unverified", message: "nothing was restored by this step" };
  const different = await changesAgainst(repository, known.target, pathsOf(given));
  const { folder } = repository;
  if (different.length > 0) {
    const message = `${different.length} file(s) in ${folder} differ from ${known.target}, as ${different[0]}`;
    return { ok: false, reason: "unverified", message };
  }
  const output = { commit: known.target, savedAs: known.ref };
  return { ok: true, output, message: `${folder} is as in ${known.target}; what was there is kept as ${known.ref}` };
}

type Before = z.output<typeof before>;

/** What somebody changed after the restore is not lost by its undo either. */
async function keepLaterChanges(repository: Repository, was: Before, paths: readonly string[]): Promise<string> {
  const args = [
    "diff",
    "--quiet",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    was.target,
    "--",
    ...paths,
  ];
  const run = await repository.attempt(args);
  if (run.code === 0) return "";
  if (run.code !== 1) expectDone(args, run);
  const ref = `${was.ref}-later`;
  await saveWorkTree(repository, was.target, ref);
  return `; what was changed since the restore is kept as ${ref}`;
}
