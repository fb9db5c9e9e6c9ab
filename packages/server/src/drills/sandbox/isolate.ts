import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { rmSync } from "node:fs";
import path from "node:path";

/**
 * How a drill is kept apart. `namespaces`: processes, network and mounts of its own, and everything outside its folder
 * read-only, kept so by the kernel; when its first process ends, all end. `folder`: by its environment and by what
 * Firebreak refuses in it.
 */
export type Isolation = "namespaces" | "folder";

const SPACES = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];

/** @returns what this machine and this user can have */
export function findIsolation(): Isolation {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "folder";
  const tried = spawnSync("unshare", [...SPACES, "mount", "-t", "tmpfs", "tmpfs", "/run"], { stdio: "ignore" });
  return tried.status === 0 ? "namespaces" : "folder";
}

/** @returns the command that starts another one so isolated */
export function isolated(isolation: Isolation, command: readonly string[]): readonly string[] {
  return isolation === "namespaces" ? ["unshare", ...SPACES, ...command] : command;
}

/** Where the kernel's own things lie; to write there is what a process tree's control groups need. */
const KEPT = /^\/(proc|sys|dev)(\/|$)/;

/**
 * Called first in the namespaces: loopback up, everything but the folder read-only, and no way to the daemons of the host,
 * whose sockets lie in /run.
 *
 * @throws Error when it is not so in the end; then nothing may be done here
 */
export function closeOff(folder: string): void {
  runProgram("ip", "link", "set", "lo", "up");
  runProgram("mount", "--make-rprivate", "/");
  runProgram("mount", "--bind", folder, folder);
  for (const mount of mountPoints().filter((point) => !KEPT.test(point) && point !== folder)) {
    // one that is not reachable any more, or hidden under another, cannot be remounted and not be written to either
    spawnSync("mount", ["-o", "remount,bind,ro", mount], { stdio: "ignore" });
  }
  for (const place of ["/run", "/dev/shm"]) runProgram("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place);
  for (const place of new Set(["/", "/tmp", "/var/tmp", "/var", "/etc", path.dirname(folder)])) requireReadOnly(place);
}

function runProgram(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

function mountPoints(): string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return [...new Set(lines.flatMap((line) => line.split(" ")[1] ?? []))].toReversed();
}

function requireReadOnly(place: string): void {
  const file = path.join(place, `.firebreak-drill-${process.pid}`);
  try {
    writeFileSync(file, "");
  } catch {
    return;
  }
  rmSync(file, { force: true });
  throw new Error(`${place} can be written to from inside the sandbox`);
}
