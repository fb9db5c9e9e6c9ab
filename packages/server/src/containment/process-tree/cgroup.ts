import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { codeOf } from "../../kernel/index.ts";
import type { CgroupRef } from "./types.ts";

export type Controller = "freezer" | "pids" | "memory";

interface CgroupMount {
  readonly version: 1 | 2;
  readonly path: string;
  /** what of the hierarchy is mounted there; `/` unless in a container */
  readonly root: string;
}

export const GROUP = "firebreak";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;
/** the group of a session that the user's own systemd made; see scope.ts */
const SCOPE = /^firebreak-[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}\.scope$/;

/** Makes `firebreak/<session>` where this process may, below its own group first. @returns null when it may nowhere */
export function createCgroup(sessionId: string): CgroupRef | null {
  if (process.platform !== "linux" || !NAME.test(sessionId)) return null;
  for (const parent of [...cgroupParents(2), ...cgroupParents(1, "freezer")]) {
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

/** @returns where groups of that kind may be made, the best first: the own group before the top */
export function cgroupParents(version: 1 | 2, controller?: Controller): CgroupMount[] {
  return cgroupMounts(version, controller).flatMap((mount) => {
    const inside = relative(mount.root, groupOf("self", version, controller) ?? "/");
    // a supervisor that is itself supervised makes its group below its agent's, so that the outer stop reaches it
    const ownPath = inside.startsWith("..") ? mount.path : join(mount.path, inside);
    return [...new Set([ownPath, mount.path])].map((path) => ({ ...mount, path }));
  });
}

/** @returns the path of the process's group within its hierarchy, or null */
export function groupOf(pid: number | "self", version: 1 | 2, controller?: Controller): string | null {
  for (const line of readText(`/proc/${pid}/cgroup`).split("\n")) {
    const [id, names = "", ...rest] = line.split(":");
    const isIt = version === 2 ? id === "0" && names === "" : names.split(",").includes(controller ?? "");
    if (isIt) return rest.join(":");
  }
  return null;
}

/** From /proc/self/mountinfo, proc(5): `id parent dev root mountpoint options … - type source superoptions`. */
export function cgroupMounts(version: 1 | 2, controller?: Controller): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of readText("/proc/self/mountinfo").split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", path = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    const isIt =
      version === 2 ? type === "cgroup2" : type === "cgroup" && options.split(",").includes(controller ?? "");
    if (isIt) mounts.push({ version, path, root });
  }
  return mounts;
}

/** @returns true when the path is a group of ours in a mounted hierarchy; a registry file is not trusted with more */
export function isOurCgroup(ref: CgroupRef): boolean {
  const parts = ref.path.split("/");
  const name = parts.at(-1) ?? "";
  const isNamed = ((parts.at(-2) === GROUP && NAME.test(name)) || SCOPE.test(name)) && !parts.includes("..");
  const mounts = [...cgroupMounts(2), ...cgroupMounts(1, "freezer")];
  return isNamed && mounts.some((mount) => ref.path.startsWith(`${mount.path}/`));
}

/** @returns how nft(8) names a group of version 2: its path below /sys/fs/cgroup, and its depth; null where it cannot */
export function cgroupInNft({ version, path }: CgroupRef): { readonly path: string; readonly level: number } | null {
  const mount = cgroupMounts(2).find((one) => path.startsWith(`${one.path}/`));
  if (version !== 2 || mount === undefined || !path.startsWith("/sys/fs/cgroup/")) return null;
  const above = mount.root.split("/").filter((part) => part !== "").length;
  return { path: relative("/sys/fs/cgroup", path), level: above + relative(mount.path, path).split("/").length };
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
  if (dirname(ref.path).endsWith(`/${GROUP}`)) removeDir(dirname(ref.path));
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

export function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

export function writeText(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "r+" });
    return true;
  } catch (fault) {
    // a group without any process left cannot be frozen on some kernels; nothing runs in it either
    return codeOf(fault) === "ENODEV";
  }
}
