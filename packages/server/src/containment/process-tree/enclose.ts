import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { cgroupMounts, groupOf } from "./cgroup.ts";
import type { ResourceLimits } from "./limits.ts";
import type { CgroupRef, ProcessKey } from "./types.ts";

/** What of the system a tree does not share: `pid` its processes, `net` its network, `home` Firebreak's own files. */
export const ISOLATIONS = ["pid", "net", "home"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** How a command is shut in before its first instruction. */
export interface Enclosure {
  /** the session's own group; a refused move leaves the tree to be followed process by process */
  readonly group: string | null;
  /** groups that only limit it; without them the command does not start */
  readonly limitGroups: readonly string[];
  /** the name of a scope that the user's own systemd makes; null when the groups are ours, or none can be made */
  readonly scope: string | null;
  readonly scopeLimits: ResourceLimits;
  readonly isolate: readonly Isolation[];
  /** FIREBREAK_HOME, which `home` hides */
  readonly home: string;
  /** give the tree a namespace by which it is known */
  readonly tagged: boolean;
  /** limits that the kernel keeps for each process and user, where no group can */
  readonly rlimits: ResourceLimits;
}

export const OPEN: Enclosure = {
  group: null,
  limitGroups: [],
  scope: null,
  scopeLimits: { maxPids: null, maxMemoryBytes: null },
  isolate: [],
  home: "",
  tagged: false,
  rlimits: { maxPids: null, maxMemoryBytes: null },
};

/** Enters the groups, then becomes the command: nothing of the command runs outside, and no child is made before. */
const ENTER =
  'g=$1; n=$2; shift 2; [ -z "$g" ] || { echo $$ >"$g/cgroup.procs"; } 2>/dev/null; ' +
  'while [ "$n" -gt 0 ]; do echo $$ >"$1/cgroup.procs" || exit 126; shift; n=$((n-1)); done; exec "$@"';
/** The first process of a namespace of its own: it takes in orphans, and when it ends the kernel kills all the rest. */
const FIRST = '"$@"; exit $?';

/** Puts an empty disk over the home, with what gates read in it, to be read only. No way to the real one stays open. */
const HIDE = `set -e; h=$1; shift; mkdir -p "$h/killswitch" "$h/gates"; exec 8<"$h/killswitch" 9<"$h/gates"
mount -t tmpfs -o mode=755,size=64k firebreak "$h"
for n in 8 9; do
  case $n in 8) d=$h/killswitch;; 9) d=$h/gates;; esac
  mkdir "$d"; mount --no-canonicalize --bind /proc/self/fd/$n "$d"
  mount -o remount,bind,ro,nosuid,nodev "$d" || mount -o remount,bind,ro,nosuid,nodev,noexec "$d"
done
exec 8<&- 9<&-; exec "$@"`;

/** @returns the command line that shuts the command in, from the outermost layer to the innermost */
export function enclose(command: readonly string[], enclosure: Enclosure): readonly string[] {
  const { group, limitGroups, scope, isolate, tagged, rlimits } = enclosure;
  let line = command;
  if (isolate.includes("pid")) line = ["/bin/sh", "-c", FIRST, "sh", ...line];
  if (rlimits.maxPids !== null) line = ["prlimit", `--nproc=${rlimits.maxPids}`, ...line];
  if (rlimits.maxMemoryBytes !== null) line = ["prlimit", `--data=${rlimits.maxMemoryBytes}`, ...line];
  const namespaces = namespaceOptions(isolate, tagged);
  if (namespaces.length > 0) line = ["unshare", ...namespaces, "--", ...line];
  if (isolate.includes("home")) line = [...hideHome(enclosure.home), ...line];
  if (group !== null || limitGroups.length > 0) {
    line = ["/bin/sh", "-c", ENTER, "sh", group ?? "", String(limitGroups.length), ...limitGroups, ...line];
  }
  if (scope !== null) line = [...scopeCommand(scope, enclosure.scopeLimits), ...line];
  return line;
}

function namespaceOptions(isolate: readonly Isolation[], tagged: boolean): string[] {
  const options = tagged ? ["--uts"] : [];
  if (isolate.includes("net")) options.push("--net");
  if (isolate.includes("pid")) options.push("--pid", "--fork", "--kill-child", "--mount-proc");
  if (isRoot() || isolate.length === 0) return options;
  // whoever hides the home is root in a user namespace, and becomes himself again in one inside
  const self = isolate.includes("home")
    ? [`--map-user=${process.geteuid?.() ?? 0}`, `--map-group=${process.getegid?.() ?? 0}`]
    : ["--map-current-user"];
  return ["--user", ...self, ...options];
}

function hideHome(home: string): string[] {
  const asRoot = isRoot() ? [] : ["--user", "--map-root-user"];
  return ["unshare", ...asRoot, "--mount", "--", "/bin/sh", "-c", HIDE, "sh", home];
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Tries the isolation with a command that does nothing. @returns why this user may not have it here, or null */
export function findIsolationProblem(enclosure: Pick<Enclosure, "isolate" | "tagged" | "home">): string | null {
  if (enclosure.isolate.length === 0 && !enclosure.tagged) return null;
  const { isolate, tagged, home } = enclosure;
  const [file = "", ...args] = enclose(["true"], { ...OPEN, isolate, tagged, home });
  const tried = spawnSync(file, args, { encoding: "utf8", timeout: 10_000 });
  if (tried.status === 0) return null;
  return tried.error === undefined ? tried.stderr.trim() || `${file} ended with ${tried.status}` : tried.error.message;
}

function scopeCommand(scope: string, { maxPids, maxMemoryBytes }: ResourceLimits): string[] {
  const limits = [
    ...(maxPids === null ? [] : ["-p", `TasksMax=${maxPids}`]),
    ...(maxMemoryBytes === null ? [] : ["-p", `MemoryMax=${maxMemoryBytes}`]),
  ];
  return [
    "systemd-run",
    "--user",
    "--scope",
    "--quiet",
    "--collect",
    `--unit=${scope}`,
    "-p",
    "Delegate=yes",
    ...limits,
    "--",
  ];
}

/** @returns the scope's name when the user's own systemd can be asked for a delegated group, else null */
export function findScope(sessionId: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const runtimeDir = env["XDG_RUNTIME_DIR"];
  if (runtimeDir === undefined || process.platform !== "linux" || cgroupMounts(2).length === 0) return null;
  const socket = statSync(join(runtimeDir, "systemd/private"), { throwIfNoEntry: false });
  const isAble = spawnSync("systemd-run", ["--version"], { timeout: 5000 }).status === 0;
  return socket?.isSocket() === true && isAble ? `firebreak-${sessionId}.scope` : null;
}

/** @returns the group that systemd put the process in, or null while it is not there (yet) */
export function findScopeGroup(root: ProcessKey, scope: string): CgroupRef | null {
  const inside = groupOf(root.pid, 2);
  const [mount] = cgroupMounts(2);
  if (inside === null || mount === undefined || !inside.endsWith(`/${scope}`)) return null;
  return { version: 2, path: join(mount.path, inside.slice(mount.root === "/" ? 0 : mount.root.length)) };
}
