import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, chownSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./process-trees.ts";

const NOBODY = 65534;

/** The real systemd of an unprivileged user, in cgroups that are delegated to it, as after a login. */
export interface UserSystemd {
  readonly runtimeDir: string;
  /** before a command: runs it where systemd may take it from, as after a login */
  readonly enter: readonly string[];
  end(): Promise<void>;
}

const ENTER = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1/cgroup.procs"; shift; n=$((n-1)); done; exec "$@"';
/** systemd starts only where it believes that the system was started by systemd. */
const START =
  "mount --make-rprivate / && mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/system && " +
  'exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME="$0" PATH=/usr/bin:/bin XDG_RUNTIME_DIR="$0" ' +
  "/lib/systemd/systemd --user --log-target=null";

export async function startUserSystemd(): Promise<UserSystemd> {
  const runtimeDir = mkdtempSync(join(tmpdir(), "fb-run-"));
  chownSync(runtimeDir, NOBODY, NOBODY);
  const groups = hierarchies().map((mount) => join(mount, `fb-user-${process.pid}`));
  const callers = groups.map((group) => join(group, "caller"));
  for (const group of groups) delegate(group);
  for (const caller of callers) mkdirSync(caller);
  const args = ["-c", ENTER, "sh", String(groups.length), ...groups];
  const daemon = spawn("/bin/sh", [...args, "unshare", "-m", "/bin/sh", "-c", START, runtimeDir], { stdio: "ignore" });
  await until("the user's systemd answers", () => existsSync(join(runtimeDir, "systemd/private")));
  return {
    runtimeDir,
    enter: ["/bin/sh", "-c", ENTER, "sh", String(callers.length), ...callers],
    end: () => end(daemon, groups, runtimeDir),
  };
}

/** The hierarchy of version 2, and the one of version 1 in which systemd keeps its own books where both are mounted. */
function hierarchies(): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(" - cgroup2 ") || line.includes("name=systemd"))
    .map((line) => line.split(" ")[4] ?? "");
}

function delegate(group: string): void {
  mkdirSync(group);
  chownSync(group, NOBODY, NOBODY);
  for (const file of ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks"]) {
    if (existsSync(join(group, file))) chownSync(join(group, file), NOBODY, NOBODY);
  }
}

async function end(daemon: ChildProcess, groups: readonly string[], runtimeDir: string): Promise<void> {
  const exited = once(daemon, "exit");
  daemon.kill("SIGKILL");
  await exited;
  // the units that it started outlive it
  for (const group of groups) await until(`${group} is gone`, () => killTree(group) && removeTree(group));
  rmSync(runtimeDir, { recursive: true, force: true });
}

function killTree(path: string): true {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.name !== "cgroup.procs") continue;
    const pids = readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n").filter(Boolean).map(Number);
    for (const pid of pids) killIfThere(pid);
  }
  return true;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

function removeTree(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(path, entry.name));
    }
    rmdirSync(path);
  } catch {
    return !existsSync(path);
  }
  return true;
}
