import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../../kernel/index.ts";
import type { EffectorContext, EffectorReason } from "../../effector.ts";
import { isWithin } from "../is-within.ts";
import { runProgram } from "../run-program.ts";

/** Git refused, or the folder is none that may be asked or restored. */
export class GitFault extends Error {
  override readonly name = "GitFault";
  readonly reason: EffectorReason;
  constructor(reason: EffectorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface GitRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Repository {
  readonly folder: string;
  /** @throws GitFault unless it ends with 0 */
  readonly git: (...args: readonly string[]) => Promise<string>;
  /** for what may end with more than 0 @throws GitFault when it did not end by itself */
  readonly attempt: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<GitRun>;
}

const TIMEOUT_MS = 120_000;
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024;

/** What a repository's own configuration could have git run, or reach, turned off: its configuration may be hostile. */
const OVERRIDES: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "false"],
  ["core.pager", "cat"],
  ["core.quotePath", "false"],
  ["submodule.recurse", "false"],
  ["commit.gpgSign", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["advice.statusHints", "false"],
];
const FILTER = /^filter\..+\.(clean|smudge|process|required)$/is;

const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  // no way to fetch: objects that are not there are not asked of anybody
  GIT_ALLOW_PROTOCOL: "none",
  GIT_NO_LAZY_FETCH: "1",
  // a commit is what its name says, and nothing put in its place
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_AUTHOR_NAME: "Firebreak",
  GIT_AUTHOR_EMAIL: "firebreak@localhost",
  GIT_COMMITTER_NAME: "Firebreak",
  GIT_COMMITTER_EMAIL: "firebreak@localhost",
};

/**
 * Opens the repository whose top folder this is. Git runs as the repository's owner where Firebreak runs as root, without
 * hooks, filters, monitors, pagers, submodules or the network, whatever the repository's configuration says.
 *
 * @throws GitFault
 */
export async function openRepository(ctx: EffectorContext, program: string, given: string): Promise<Repository> {
  const folder = await findFolder(ctx.home, given);
  const gitDir = path.join(folder, ".git");
  const identity = await findIdentity(gitDir, folder);
  const run = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<GitRun> => {
    const argv = [program, "--no-pager", `--git-dir=${gitDir}`, `--work-tree=${folder}`, ...args];
    const limits = { timeoutMs: TIMEOUT_MS, outputBytesMax: OUTPUT_BYTES_MAX, signal: ctx.signal };
    const done = await runProgram(argv, { ...limits, ...identity, env: { ...ENVIRONMENT, ...env }, cwd: folder });
    const verb = args.find((arg) => !arg.startsWith("-")) ?? "";
    if (done.isTimedOut) throw new GitFault("timed_out", `git ${verb} took too long`);
    if (done.code === null) throw new GitFault("failed", `git ${verb} was ended by ${done.signal ?? "a signal"}`);
    if (done.isCut) throw new GitFault("failed", `git ${verb} printed more than ${OUTPUT_BYTES_MAX} bytes`);
    return { code: done.code, stdout: done.stdout, stderr: done.stderr };
  };
  const config = toEnvironment([...OVERRIDES, ...(await findFilters(run))]);
  const attempt: Repository["attempt"] = (args, env = {}) => run(args, { ...config, ...env });
  return { folder, attempt, git: async (...args) => expectDone(args, await attempt(args)) };
}

/** Whoever owns the repository or the folder gains nothing by what its configuration has git do. */
async function findIdentity(gitDir: string, folder: string): Promise<{ runAs?: { uid: number; gid: number } }> {
  if (process.getuid?.() !== 0) return {};
  const other = [await lstat(gitDir), await lstat(folder)].find(({ uid }) => uid !== 0);
  return other === undefined ? {} : { runAs: { uid: other.uid, gid: other.gid } };
}

/** @returns what it printed @throws GitFault unless it ended with 0 */
export function expectDone(args: readonly string[], { code, stdout, stderr }: GitRun): string {
  if (code === 0) return stdout;
  throw new GitFault("failed", `git ${args[0] ?? ""} ended with ${code}: ${stderr.trim().slice(0, 500)}`);
}

async function findFolder(home: string, given: string): Promise<string> {
  try {
    const folder = await realpath(given);
    const own = await realpath(home);
    if (isWithin(own, folder) || isWithin(folder, own)) {
      throw new GitFault("denied", `${folder} holds Firebreak's own files, or lies among them`);
    }
    const git = await lstat(path.join(folder, ".git"));
    if (git.isDirectory() || git.isFile()) return folder;
    throw new GitFault("denied", `${folder}/.git is neither a folder nor a file`);
  } catch (fault) {
    const code = codeOf(fault);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw fault;
    throw new GitFault("not_found", `${given} is not the top folder of a git repository`);
  }
}

type Run = (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<GitRun>;

/** Filters are programs that git runs on files; those of the repository's configuration are made to do nothing. */
async function findFilters(run: Run): Promise<(readonly [string, string])[]> {
  const args = ["config", "--list", "--name-only", "-z"];
  const names = expectDone(args, await run(args, {})).split("\0");
  return [...new Set(names)]
    .filter((name) => FILTER.test(name))
    .map((name) => [name, name.toLowerCase().endsWith(".required") ? "false" : ""]);
}

function toEnvironment(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const entries = settings.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(settings.length) };
}
