import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { codeOf } from "../../kernel/index.ts";
import type { CgroupRef } from "./types.ts";

interface CgroupMount {
  readonly version: 1 | 2;
  readonly path: string;
  /** what of the hierarchy is mounted there; `/` unless in a container */
  readonly root: string;
}

const GROUP = "firebreak";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

/** Makes `firebreak/<session>` where this process may, below its own group first. @returns null when it may nowhere */
export function createCgroup(sessionId: string): CgroupRef | null {
  if (process.platform !== "linux" || !NAME.test(sessionId)) return null;
  for (const parent of cgroupParents()) {
    const path = join(parent.path, GROUP, sessionId);
    try {
      mkdirSync(path, { recursive: true });
      accessSync(join(path, "cgroup.procs"), constants.W_OK);
      accessSync(join(path, parent.version === 2 ? "cgroup.freeze" : "freezer.state"), constants.W_OK);
      return { version: parent.version, path };
    } catch {
      removeCgroup({ version: parent.version, path });
    }
  }
  return null;
}

/** @returns where groups may be made, the best first: v2 before the v1 freezer, the own group before the top */
function cgroupParents(): CgroupMount[] {
  const own = readText("/proc/self/cgroup");
  return cgroupMounts()
    .toSorted((a, b) => b.version - a.version)
    .flatMap((mount) => {
      const line = mount.version === 2 ? /^0::(.*)$/m.exec(own) : /^\d+:(?:[^:]*,)?freezer(?:,[^:]*)?:(.*)$/m.exec(own);
      const inside = relative(mount.root, line?.[1] ?? "/");
      // a supervisor that is itself supervised makes its group below its agent's, so that the outer stop reaches it
      const ownPath = inside.startsWith("..") ? mount.path : join(mount.path, inside);
      return [...new Set([ownPath, mount.path])].map((path) => ({ ...mount, path }));
    });
}

/** From /proc/self/mountinfo, proc(5): `id parent dev root mountpoint options … - type source superoptions`. */
function cgroupMounts(): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of readText("/proc/self/mountinfo").split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", path = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (type === "cgroup2") mounts.push({ version: 2, path, root });
    if (type === "cgroup" && options.split(",").includes("freezer")) mounts.push({ version: 1, path, root });
  }
  return mounts;
}

/** @returns true when the path is a group of ours in a mounted hierarchy; a registry file is not trusted with more */
export function isOurCgroup(ref: CgroupRef): boolean {
  const parts = ref.path.split("/");
  const isNamed = parts.at(-2) === GROUP && NAME.test(parts.at(-1) ?? "") && !parts.includes("..");
  return isNamed && cgroupMounts().some((mount) => ref.path.startsWith(`${mount.path}/`));
}

/** @returns the pids in the group and the groups below it */
export function readCgroupPids(ref: CgroupRef): number[] {
  return readPidsBelow(ref.path, 0);
}

const DEPTH_MAX = 16;

function readPidsBelow(path: string, depth: number): number[] {
  const pids = readText(join(path, "cgroup.procs"))
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  if (depth >= DEPTH_MAX) return pids;
  return [...pids, ...subgroups(path).flatMap((name) => readPidsBelow(join(path, name), depth + 1))];
}

function subgroups(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** @returns false when the kernel refused (no permission, group gone) */
export function setCgroupFrozen(ref: CgroupRef, frozen: boolean): boolean {
  if (ref.version === 2) return writeText(join(ref.path, "cgroup.freeze"), frozen ? "1" : "0");
  return writeText(join(ref.path, "freezer.state"), frozen ? "FROZEN" : "THAWED");
}

/** @returns true only when the kernel says that every process in the group and below is frozen */
export function isCgroupFrozen(ref: CgroupRef): boolean {
  if (ref.version === 2) return readText(join(ref.path, "cgroup.events")).includes("frozen 1");
  return readText(join(ref.path, "freezer.state")).trim() === "FROZEN";
}

/** Kills everything in the group at once, forks included (Linux 5.14). @returns false when there is no such switch */
export function killCgroup(ref: CgroupRef): boolean {
  return ref.version === 2 && writeText(join(ref.path, "cgroup.kill"), "1");
}

/** @returns true when the group is gone or holds no living process */
export function isCgroupEmpty(ref: CgroupRef): boolean {
  if (ref.version === 1) return readCgroupPids(ref).length === 0;
  const events = readText(join(ref.path, "cgroup.events"));
  return events === "" || events.includes("populated 0");
}

/** Removes the group and those below it; one that still holds a process stays. */
export function removeCgroup(ref: CgroupRef): void {
  removeBelow(ref.path, 0);
  removeDir(dirname(ref.path));
}

function removeBelow(path: string, depth: number): void {
  if (depth < DEPTH_MAX) for (const name of subgroups(path)) removeBelow(join(path, name), depth + 1);
  removeDir(path);
}

function removeDir(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // in use or gone
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function writeText(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "r+" });
    return true;
  } catch (fault) {
    // a group without any process left cannot be frozen on some kernels; nothing runs in it either
    return codeOf(fault) === "ENODEV";
  }
}
