import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeEffectorContract, describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { parseStatus } from "./read-status.ts";

const GIT = "/usr/bin/git";

function git(folder: string, ...args: string[]): string {
  const who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "safe.directory=*"];
  const run = spawnSync(GIT, [...who, ...args], { cwd: folder, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr}`);
  return run.stdout.trim();
}

/** A repository with two commits, and what an agent did to it afterwards. */
function makeRepository(folder: string): string {
  mkdirSync(folder);
  git(folder, "init", "-q", "-b", "main");
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("kept.txt", "one\n");
  write("old.txt", "only in the first\n");
  write(".gitignore", "*.log\n");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "first");
  write("kept.txt", "two\n");
  rmSync(join(folder, "old.txt"));
  mkdirSync(join(folder, "sub"));
  write("sub/run.sh", "#!/bin/sh\n");
  chmodSync(join(folder, "sub/run.sh"), 0o755);
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "second");
  write("kept.txt", "changed by an agent\n");
  write("staged.txt", "staged and not committed\n");
  git(folder, "add", "staged.txt");
  write("staged.txt", "changed again\n");
  rmSync(join(folder, "sub/run.sh"));
  write("new file\nwith a line.txt", "unknown to git\n");
  write("ignored.log", "ignored\n");
  return folder;
}

function filesOf(folder: string, base = folder): Record<string, string> {
  const found = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== ".git");
  return Object.assign(
    {},
    ...found.map((entry) => {
      const full = join(folder, entry.name);
      if (entry.isDirectory()) return filesOf(full, base);
      return { [relative(base, full)]: `${statSync(full).mode.toString(8)} ${readFileSync(full, "utf8")}` };
    }),
  );
}

const look = (folder: string) => ({
  files: filesOf(folder),
  status: git(folder, "status", "--porcelain", "-z"),
  head: git(folder, "rev-parse", "HEAD"),
});

/** A git that counts what changes files or refs, and fails when told to. */
function installGit(dir: string) {
  const [path, log, plan] = [join(dir, "git"), join(dir, "git.log"), join(dir, "git.plan")];
  writeFileSync(log, "");
  writeFileSync(plan, "none");
  const script = `#!/bin/sh
for word in "$@"; do case "$word" in restore|update-ref)
  n=$(wc -l < '${log}'); echo "$word" >> '${log}'; read -r how from < '${plan}'
  case "$how" in one) [ "$n" -eq "$from" ] && exit 128;; rest) [ "$n" -ge "$from" ] && exit 128;; esac
  break;; esac; done
exec ${GIT} "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
  const count = () => readFileSync(log, "utf8").split("\n").length - 1;
  return {
    path,
    count,
    breakAt: (at: number, which: "one" | "rest") => writeFileSync(plan, `${which} ${count() + at}\n`),
    heal: () => writeFileSync(plan, "none"),
  };
}

async function openWorld(home: string): Promise<EffectorWorld> {
  const dir = mkdtempSync(join(tmpdir(), "fb-git-world-"));
  const folder = makeRepository(join(dir, "work"));
  const program = installGit(dir);
  return {
    settings: { git: { program: program.path } },
    parameters: { folder, commit: "HEAD~1" },
    look: async () => look(folder),
    operations: program.count,
    breakAt: program.breakAt,
    heal: program.heal,
    close: async () => {
      rmSync(dir, { recursive: true, force: true });
      expect(home).not.toBe("");
    },
  };
}
describeEffectorContract("git.restore", { open: openWorld });

let place = "";
let home = "";
let folder = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "fb-git-"));
  home = join(place, "home");
  mkdirSync(home);
  folder = makeRepository(join(place, "work"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const apply = (name: string, given: Record<string, unknown>) =>
  effectorOf(name, {}).apply(effectorContextFor(home), { folder, ...given });
const undo = (given: Record<string, unknown> = {}) =>
  effectorOf("git.restore", {}).undo(effectorContextFor(home), { folder, ...given }, {});

describe("git.restore", () => {
  test("R-3: files are as in the commit, what git does not know stays, and all of before is under a ref", async () => {
    const before = look(folder);
    const outcome = await apply("git.restore", {});
    expect(outcome, outcome.message).toMatchObject({
      ok: true,
      output: {
        commit: before.head,
        changed: ["kept.txt", "staged.txt", "sub/run.sh"],
        untracked: ["new file\nwith a line.txt"],
        savedAs: expect.stringMatching(/^refs\/firebreak\/before-/),
      },
    });
    expect(filesOf(folder)).toMatchObject({ "kept.txt": "100644 two\n", "sub/run.sh": "100755 #!/bin/sh\n" });
    expect(existsSync(join(folder, "staged.txt"))).toBe(false);
    const ref = String(outcome.output?.["savedAs"]);
    expect(git(folder, "show", `${ref}:kept.txt`)).toBe("changed by an agent");
    expect(git(folder, "show", `${ref}:staged.txt`)).toBe("changed again");
    expect(git(folder, "show", `${ref}^2:staged.txt`)).toBe("staged and not committed");
  });

  test("R-3: only the named paths, as they are written", async () => {
    writeFileSync(join(folder, "*.txt"), "a name that looks like a pattern");
    expect(await apply("git.restore", { paths: ["kept.txt", "sub"] })).toMatchObject({ ok: true });
    expect(filesOf(folder)).toMatchObject({ "kept.txt": "100644 two\n", "staged.txt": "100644 changed again\n" });
    expect(await undo({ paths: ["kept.txt", "sub"] })).toMatchObject({ ok: true });
    expect(filesOf(folder)).toMatchObject({ "kept.txt": "100644 changed by an agent\n" });
    expect(await apply("git.restore", { paths: ["*.txt"] })).toMatchObject({ ok: false });
  });

  test("R-3: a file that is ignored now and was in the commit is kept too, and comes back", async () => {
    const target = git(folder, "rev-parse", "HEAD~1");
    writeFileSync(join(folder, ".gitignore"), "old.txt\n*.log\n");
    writeFileSync(join(folder, "old.txt"), "ignored and precious\n");
    const before = look(folder);
    expect(await apply("git.restore", { commit: target })).toMatchObject({ ok: true });
    expect(readFileSync(join(folder, "old.txt"), "utf8")).toBe("only in the first\n");
    expect(await undo({ commit: target })).toMatchObject({ ok: true });
    expect(look(folder)).toEqual(before);
  });

  test("R-3: what was changed after the restore is kept by its undo", async () => {
    await apply("git.restore", {});
    writeFileSync(join(folder, "kept.txt"), "work of the morning after\n");
    const undone = await undo();
    expect(undone.message).toContain("-later");
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toBe("changed by an agent\n");
    const ref = /refs\/firebreak\/\S+/.exec(undone.message)?.[0] ?? "";
    expect(git(folder, "show", `${ref}:kept.txt`)).toBe("work of the morning after");
  });

  test("R-3: a hostile repository runs nothing: hooks, filters, monitors, pagers, substitutes", async () => {
    const mark = join(place, "pwned");
    const program = join(place, "evil.sh");
    writeFileSync(program, `#!/bin/sh\ntouch '${mark}'; cat\n`, { mode: 0o755 });
    for (const hook of ["post-checkout", "pre-commit", "post-index-change", "reference-transaction"]) {
      writeFileSync(join(folder, ".git/hooks", hook), `#!/bin/sh\ntouch '${mark}'\n`, { mode: 0o755 });
    }
    const extra = join(place, "extra.config");
    writeFileSync(extra, `[filter "hidden.one"]\n\tclean = ${program}\n\tsmudge = ${program}\n\trequired = true\n`);
    git(folder, "config", "include.path", extra);
    for (const [name, value] of [
      ["core.fsmonitor", program],
      ["core.pager", program],
      ["core.sshCommand", program],
      ["diff.external", program],
      ["core.worktree", place],
      ["diff.evil.textconv", program],
    ] as const) {
      git(folder, "config", name, value);
    }
    writeFileSync(join(folder, ".git/info/attributes"), "* filter=hidden.one diff=evil\n");
    const forged = spawnSync(GIT, ["--git-dir", join(folder, ".git"), "commit-tree", "-m", "forged", "HEAD~1^{tree}"], {
      encoding: "utf8",
      env: { GIT_AUTHOR_NAME: "x", GIT_AUTHOR_EMAIL: "x", GIT_COMMITTER_NAME: "x", GIT_COMMITTER_EMAIL: "x" },
    }).stdout.trim();
    const head = readFileSync(join(folder, ".git/refs/heads/main"), "utf8").trim();
    mkdirSync(join(folder, ".git/refs/replace"));
    writeFileSync(join(folder, ".git/refs/replace", head), `${forged}\n`);
    expect(await apply("check.git", {})).toMatchObject({ ok: true, output: { commit: head, clean: false } });
    expect(await apply("git.restore", {})).toMatchObject({ ok: true, output: { commit: head } });
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toBe("two\n");
    expect(await undo()).toMatchObject({ ok: true });
    expect(existsSync(mark)).toBe(false);
    expect(readdirSync(place).toSorted()).toEqual(["evil.sh", "extra.config", "home", "work"]);
  });

  test.skipIf(process.getuid?.() !== 0)("R-3: as root, git runs as the repository's owner", async () => {
    const nobody = 65_534;
    const give = (path: string) => {
      chownSync(path, nobody, nobody);
      if (statSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name));
    };
    chmodSync(place, 0o755);
    give(folder);
    expect(await apply("git.restore", {})).toMatchObject({ ok: true });
    expect(statSync(join(folder, "sub/run.sh")).uid).toBe(nobody);
  });

  test("R-3: options, patterns and paths to elsewhere are refused", async () => {
    for (const commit of ["--output=/etc/passwd", "-x", "HEAD -- x", "", "a..b\n", "$(id)"]) {
      await expect(apply("git.restore", { commit }), commit).rejects.toThrow("commit");
    }
    for (const path of ["/etc/passwd", "../x", "a/../../b", ""]) {
      await expect(apply("git.restore", { paths: [path] }), path).rejects.toThrow("paths");
    }
  });

  test("R-3: what is not there is said", async () => {
    expect(await apply("git.restore", { commit: "nowhere" })).toMatchObject({ ok: false, reason: "not_found" });
    expect(await apply("git.restore", { folder: join(folder, "sub") })).toMatchObject({
      ok: false,
      reason: "not_found",
    });
    expect(await apply("git.restore", { folder: join(place, "no") })).toMatchObject({ ok: false, reason: "not_found" });
  });

  test("R-3: Firebreak's own home, and what holds it, is refused", async () => {
    git(place, "init", "-q");
    git(home, "init", "-q");
    symlinkSync(home, join(place, "link"));
    for (const own of [place, home, join(place, "link")]) {
      expect(await apply("git.restore", { folder: own })).toMatchObject({ ok: false, reason: "denied" });
    }
  });
});

describeProbeContract("check.git", async () => {
  const dir = mkdtempSync(join(tmpdir(), "fb-git-probe-"));
  const work = makeRepository(join(dir, "work"));
  return {
    settings: {},
    parameters: { folder: work },
    look: async () => look(work),
    close: async () => rmSync(dir, { recursive: true, force: true }),
  };
});

describe("check.git", () => {
  test("E-7: branch, commit and every change are told", async () => {
    expect(await apply("check.git", {})).toMatchObject({
      ok: true,
      output: {
        branch: "main",
        commit: git(folder, "rev-parse", "HEAD"),
        clean: false,
        changed: expect.arrayContaining(["kept.txt", "staged.txt", "sub/run.sh", "new file\nwith a line.txt"]),
        changedCount: 4,
      },
    });
    git(folder, "stash", "-q", "--include-untracked");
    git(folder, "checkout", "-q", "--detach");
    expect(await apply("check.git", {})).toMatchObject({ output: { branch: null, clean: true, changed: [] } });
  });

  test("E-7: a machine without git says so, with the remedy", async () => {
    const effector = effectorOf("check.git", { git: { program: "/nowhere/git" } });
    expect(await effector.apply(effectorContextFor(home), { folder })).toMatchObject({
      ok: false,
      reason: "unavailable",
    });
  });

  test("E-7: a renamed file is told by its new name", () => {
    const line = `2 R. N... 100644 100644 100644 ${"a".repeat(40)} ${"a".repeat(40)} R100 new name`;
    const text = ["# branch.oid (initial)", "# branch.head (detached)", line, "old name", "? x y", ""].join("\0");
    expect(parseStatus(text)).toEqual({ branch: null, commit: null, changed: ["new name", "x y"], untracked: ["x y"] });
  });
});
