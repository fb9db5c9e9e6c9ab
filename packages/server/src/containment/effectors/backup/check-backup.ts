import { readdir, realpath, stat } from "node:fs/promises";
import { z } from "zod";
import { listingOf, messageOf, closing, openFolder, openRegular } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "../probes/define-probe.ts";
import { checkContent } from "./check-content.ts";
import { explained } from "./explain.ts";
import { findBackup } from "./find-backup.ts";
import { backupKey, backupPath } from "./parameters.ts";
import { BackupFault } from "./open-backup.ts";

const HOUR_MS = 3_600_000;

const parameters = z.strictObject({
  /** a file, or a folder whose newest backup counts */
  path: backupPath,
  /** `folder`: files as they are, or an archive of them; `tar`: an archive alone */
  kind: z.enum(["folder", "tar", "postgres", "redis"]),
  /** left out: any age is fresh */
  maxAgeHours: z.number().positive().max(1_000_000).optional(),
  key: backupKey,
});
type Parameters = z.output<typeof parameters>;

/** Reads all of a backup: whether it could be restored, how old it is and what it holds. */
export function checkBackup(programs: string | undefined): Effector {
  return defineProbe({
    name: "check.backup",
    title: "Read a backup to its end",
    parameters,
    describe: ({ path, kind }) => `reads the newest backup of ${kind} at ${path}`,
    ask: (ctx, given) => explained(() => ask(ctx, given, programs)),
  });
}

const NOTHING = { readable: false, fresh: false, ageHours: null, bytes: null, entries: null, rows: null, path: null };

interface Found {
  readonly path: string;
  readonly modifiedMs: number;
  readonly bytes: number;
  readonly entries: number | null;
  readonly rows: number | null;
  /** why it cannot be restored; null: it can */
  readonly reason: string | null;
}

async function ask(ctx: EffectorContext, given: Parameters, programs: string | undefined): Promise<EffectorOutcome> {
  try {
    const found = await look(ctx, given, programs);
    const ageHours = Math.max(0, Math.round(((ctx.clock.now() - found.modifiedMs) / HOUR_MS) * 100) / 100);
    const fresh = given.maxAgeHours === undefined || ageHours <= given.maxAgeHours;
    const { path, bytes, entries, rows } = found;
    const old = fresh ? null : `it is ${ageHours} hours old, and ${given.maxAgeHours} are allowed`;
    const reason = found.reason ?? old;
    const output = { readable: found.reason === null, fresh, ageHours, bytes, entries, rows, path, reason };
    return { ok: true, output, message: `${path}: ${reason ?? `can be read to its end, ${ageHours} hours old`}` };
  } catch (fault) {
    if (!(fault instanceof BackupFault)) throw fault;
    return { ok: true, output: { ...NOTHING, reason: fault.message }, message: fault.message };
  }
}

async function look(ctx: EffectorContext, given: Parameters, programs: string | undefined): Promise<Found> {
  const { path, kind, key } = given;
  const plain = kind === "folder" ? await lookAtFolder(ctx, path) : null;
  if (plain !== null) return plain;
  const file = await findBackup(path, kind);
  const known = { path: file.path, modifiedMs: file.stat.mtimeMs, bytes: file.stat.size };
  try {
    const options = { file: file.path, key, programs, signal: ctx.signal };
    const checked = await checkContent(kind === "tar" ? "folder" : kind, options);
    const { entries, rows, createdAtMs } = checked;
    return { ...known, modifiedMs: createdAtMs ?? known.modifiedMs, entries, rows, reason: null };
  } catch (fault) {
    if (!(fault instanceof BackupFault)) throw fault;
    return { ...known, entries: null, rows: null, reason: fault.message };
  }
}

const ARCHIVE = /\.(tar|tgz)(\.|$)/i;
const DEPTH_MAX = 64;

/** A copy of a folder that was not packed: each of its files is opened. @returns null when the path leads to archives */
async function lookAtFolder(ctx: EffectorContext, place: string): Promise<Found | null> {
  const top = await stat(place).catch(() => null);
  if (top === null || !top.isDirectory()) return null;
  if ((await readdir(place)).some((name) => ARCHIVE.test(name))) return null;
  // the newest copy is often reached by a link
  const folder = await openFolder(await realpath(place));
  const sum = { files: 0, bytes: 0, newestMs: top.mtimeMs, problem: null as string | null };
  try {
    await addUp(ctx, folder, sum, 0);
  } finally {
    await folder.close();
  }
  if (sum.files === 0) throw new BackupFault(`there is no file in ${place}`);
  return {
    path: place,
    modifiedMs: sum.newestMs,
    bytes: sum.bytes,
    entries: sum.files,
    rows: null,
    reason: sum.problem,
  };
}

interface Sum {
  files: number;
  bytes: number;
  newestMs: number;
  problem: string | null;
}

async function addUp(ctx: EffectorContext, folder: OpenFolder, sum: Sum, depth: number): Promise<void> {
  if (depth > DEPTH_MAX) throw new BackupFault("it is too deep to be read");
  for (const entry of await readdir(listingOf(folder), { withFileTypes: true, encoding: "buffer" })) {
    ctx.signal.throwIfAborted();
    if (entry.isDirectory()) {
      const inner = await openFolder(folder.at(entry.name));
      await closing(inner, () => addUp(ctx, inner, sum, depth + 1));
    } else if (entry.isFile()) {
      try {
        const handle = await openRegular(folder.at(entry.name));
        const found = await handle?.stat();
        await handle?.close();
        sum.files += 1;
        sum.bytes += found?.size ?? 0;
        sum.newestMs = Math.max(sum.newestMs, found?.mtimeMs ?? 0);
      } catch (fault) {
        sum.problem ??= `${JSON.stringify(entry.name.toString())} in it cannot be read: ${messageOf(fault)}`;
      }
    }
  }
}
