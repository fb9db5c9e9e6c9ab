import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findLeftovers, isAlive, nameProcess, removeFolder } from "./ledger.ts";
import type { ProcessName } from "./ledger.ts";

/** What everything in a sandbox carries in its environment, and nothing else does. */
export const MARKER = "FIREBREAK_SANDBOX";

const ROUNDS_MAX = 100;
const ROUND_MS = 50;

/** Removes what drills left that were killed themselves. @returns the folders that were cleared */
export async function clearLeftovers(dir: string, nowMs: number): Promise<string[]> {
  const cleared: string[] = [];
  for (const { folder, processes } of findLeftovers(dir, nowMs)) {
    await clearSandbox(folder, processes);
    cleared.push(folder);
  }
  return cleared;
}

/**
 * Kills what still runs of a sandbox, unmounts what it mounted and removes its folder.
 *
 * @throws RangeError when something resists
 */
export async function clearSandbox(folder: string, noted: readonly ProcessName[]): Promise<void> {
  for (let round = 0; ; round++) {
    const left = [...noted.filter(isAlive), ...findMarked(folder)].filter(({ pid }) => pid !== process.pid);
    if (left.length === 0) break;
    if (round === ROUNDS_MAX) {
      const pids = left.map(({ pid }) => pid).join(", ");
      throw new RangeError(`processes of the sandbox ${folder} do not end: ${pids}. End them, then remove the folder.`);
    }
    for (const one of left) kill(one);
    await sleep(ROUND_MS);
  }
  for (const mount of findMounts(folder)) spawnSync("umount", [mount], { stdio: "ignore" });
  const held = findMounts(folder);
  if (held.length > 0)
    throw new RangeError(`${held.join(", ")} cannot be unmounted; unmount it, then remove ${folder}.`);
  removeFolder(folder);
}

/** Looks again just before: the number must still mean this process. */
function kill(one: ProcessName): void {
  if (!isAlive(one)) return;
  try {
    process.kill(one.pid, "SIGKILL");
  } catch {
    // it ended in this moment
  }
}

/** @returns the living processes whose environment names this sandbox; none where there is no /proc */
export function findMarked(folder: string): ProcessName[] {
  const marker = `${MARKER}=${folder}`;
  return listPids().flatMap((pid) => {
    const entries = read(`/proc/${pid}/environ`).split("\0");
    const isZombie = /^\S*\) [ZX] /.test(read(`/proc/${pid}/stat`).replace(/^.*\)/s, ")"));
    return entries.includes(marker) && !isZombie ? [nameProcess(pid)] : [];
  });
}

function listPids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid > 1);
  } catch {
    return [];
  }
}

/** Innermost first. */
function findMounts(folder: string): string[] {
  const mounts = read("/proc/self/mounts")
    .split("\n")
    .map((line) => (line.split(" ")[1] ?? "").replaceAll(/\\([0-7]{3})/g, (_all, code: string) => octal(code)));
  return mounts.filter((mount) => mount === folder || mount.startsWith(`${folder}/`)).toReversed();
}

function octal(code: string): string {
  return String.fromCodePoint(Number.parseInt(code, 8));
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
