import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { codeOf } from "../../kernel/index.ts";
import { defineFault } from "./fault.ts";

const PIECE = Buffer.alloc(1024 * 1024);

/** A disk of the sandbox's own, in memory and of a fixed size, is filled with old logs to the last byte. */
export const diskFilled = defineFault({
  kind: "disk-filled",
  about:
    "a disk of `megabytes` (16), in memory, is filled with `files` (4) old logs in `${fault.logs}` to the last byte; needs root on Linux",
  parameters: z.strictObject({
    megabytes: z.number().int().min(1).max(64).default(16),
    files: z.number().int().min(1).max(16).default(4),
  }),
  findMissing: () =>
    process.platform === "linux" && process.getuid?.() === 0
      ? []
      : [{ what: "the right to mount a disk of a fixed size", remedy: "Run the drill as root on Linux." }],
  cause: async ({ sandbox }, { megabytes, files }) => {
    const disk = path.join(sandbox.folder, "disk");
    mkdirSync(disk);
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "drill", disk], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`no disk could be mounted: ${stderr.trim()}`);
    const logs = path.join(disk, "logs");
    mkdirSync(logs);
    fill(logs, files, megabytes);
    // a year old: what a clean-up may take
    const old = spawnSync("touch", ["-d", "1 year ago", ...names(logs, files)], { encoding: "utf8" });
    if (old.status !== 0) throw new Error(`touch: ${old.stderr.trim()}`);
    return { what: `a disk of ${megabytes} MB was filled with ${files} old log files`, facts: { disk, logs } };
  },
});

function names(folder: string, files: number): string[] {
  return Array.from({ length: files }, (_unused, i) => path.join(folder, `app.log.${i + 1}`));
}

/** Evenly, until the system says that the disk is full. */
function fill(folder: string, files: number, megabytes: number): void {
  const handles = names(folder, files).map((file) => openSync(file, "w"));
  try {
    for (let written = 0; written <= megabytes; written++) writeSync(handles[written % files] ?? 0, PIECE);
    throw new RangeError("the disk took more than it holds");
  } catch (fault) {
    if (codeOf(fault) !== "ENOSPC") throw fault;
  } finally {
    for (const handle of handles) closeSync(handle);
  }
}
