import { spawnSync } from "node:child_process";
import type { Missing } from "../faults/fault.ts";

/** A disk of a fixed size, in memory, at a folder that is there and empty. It goes with the sandbox's mounts. */
export function mountDisk(folder: string, megabytes: number): void {
  const options = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "drill", folder];
  const { status, stderr, error } = spawnSync("mount", options, { encoding: "utf8" });
  if (status !== 0) throw new Error(`no disk could be mounted: ${error?.message ?? stderr.trim()}`);
}

/** @returns what keeps a disk from being mounted here */
export function findMissingDisk(): readonly Missing[] {
  if (process.platform === "linux" && process.getuid?.() === 0) return [];
  return [{ what: "the right to mount a disk of a fixed size", remedy: "Run the drill as root on Linux." }];
}
