import type { Dirent } from "node:fs";
import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, homePath } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "./define-probe.ts";

const LARGEST_MAX = 20;
/** Looked at in one question; the answer says when there were more. */
const ENTRIES_MAX = 500_000;
const GIB = 1024 ** 3;

const diskQuestion = z.strictObject({ path: homePath });

/** How full the disk is on which a folder lies, and the largest files in that folder. */
export const checkDisk: Effector = defineProbe({
  name: "check.disk",
  title: "Look at a disk: what is free, and the largest files",
  parameters: diskQuestion,
  describe: ({ path }) => `looks at the disk of ${path}, and at every file in it`,
  ask: (ctx, { path }) => look(ctx, path),
});

interface Found {
  readonly path: string;
  readonly bytes: number;
}

async function look(ctx: EffectorContext, path: string): Promise<EffectorOutcome> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(path);
    const used = blocks - bfree;
    const percent = round((100 * used) / Math.max(1, used + bavail));
    const freeGb = round((bavail * bsize) / GIB);
    const { largest, complete } = await findLargest(path, ctx.signal);
    const output = { freeGb, percent, largest, complete };
    return { ok: true, output, message: `the disk of ${path} is used to ${percent} %, ${freeGb} GiB are free` };
  } catch (fault) {
    const code = codeOf(fault);
    if (code === "ENOENT" || code === "ENOTDIR")
      return { ok: false, reason: "not_found", message: `there is no folder ${path}` };
    if (code === undefined) throw fault;
    return { ok: false, reason: "unavailable", message: `${path} cannot be looked at (${code})` };
  }
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Goes through the folder without following links or leaving its disk. What may not be read is left out. */
async function findLargest(path: string, signal: AbortSignal): Promise<{ largest: Found[]; complete: boolean }> {
  const { dev } = await lstat(path);
  const folders = [path];
  let largest: Found[] = [];
  let seen = 0;
  let complete = true;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (signal.aborted || seen >= ENTRIES_MAX) return { largest, complete: false };
    const entries = await list(folder);
    if (entries === null) complete = false;
    seen += entries?.length ?? 0;
    for (const entry of entries ?? []) {
      const full = join(folder, entry.name);
      const facts = entry.isDirectory() || entry.isFile() ? await lstat(full).catch(() => null) : null;
      if (facts === null || facts.dev !== dev) continue;
      if (facts.isDirectory()) folders.push(full);
      else largest.push({ path: full, bytes: facts.size });
    }
    if (largest.length > LARGEST_MAX) largest = largest.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST_MAX);
  }
  return { largest: largest.toSorted((a, b) => b.bytes - a.bytes), complete };
}

async function list(folder: string): Promise<Dirent[] | null> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return null;
  }
}
