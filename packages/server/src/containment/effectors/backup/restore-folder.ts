import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { codeOf, isFree, closing, listingOf, messageOf, openFolder } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { EffectorContext, EffectorOutcome } from "../../effector.ts";
import { removeTree } from "../../skills/move-tree.ts";
import { refuseFolder } from "../disk/refuse-folder.ts";
import { extractFolder } from "./extract-folder.ts";
import { BackupFault, openBackup } from "./open-backup.ts";
import { lossOf, markOf } from "./restore-plan.ts";
import type { RestorePlan, Restorer } from "./restore-plan.ts";

const record = z.object({
  parent: z.string(),
  name: z.string(),
  /** what was there before, by its inode: null when nothing was */
  before: z.string().nullable(),
  /** what was unpacked, by its inode; null before it was */
  restored: z.string().nullable(),
  isProduction: z.boolean(),
});
type FolderRecord = z.output<typeof record>;

interface Place {
  readonly parent: string;
  readonly name: string;
}

/** A folder is unpacked beside its place and takes it in one act; what was there stands beside it afterwards. */
export function folderRestorer(to: string): Restorer {
  return {
    what: `the folder ${to}`,
    refuse: async (ctx, isProduction) => {
      const place = await findPlace(to);
      const full = path.join(place.parent, place.name);
      const refused = await refuseFolder(full, ctx.home, true);
      if (refused !== null) return { reason: "denied", message: refused };
      if (isProduction) return null;
      const isEmpty = await readdir(full).then(
        (names) => names.length === 0,
        (fault: unknown) => codeOf(fault) === "ENOENT",
      );
      if (isEmpty) return null;
      const message = `${full} is not empty: staging needs a folder that is not there, or holds nothing`;
      return { reason: "conflict", message };
    },
    restore: async (ctx, plan) => restore(ctx, plan, await findPlace(to)),
    verify: (ctx) => withRecord(ctx, async (parent, known) => verify(parent, known)),
    undo: (ctx) => withRecord(ctx, (parent, known) => undo(ctx, parent, known), true),
  };
}

async function findPlace(to: string): Promise<Place> {
  const clean = path.resolve(to);
  try {
    // a link in its place is the folder that it leads to
    const full = await realpath(clean).catch(async (fault: unknown) => {
      if (codeOf(fault) !== "ENOENT") throw fault;
      return path.join(await realpath(path.dirname(clean)), path.basename(clean));
    });
    return { parent: path.dirname(full), name: path.basename(full) };
  } catch (fault) {
    throw new BackupFault(`nothing can be put at ${to}: ${messageOf(fault)}`);
  }
}

const besideOf = (name: string, ctx: EffectorContext) => ({
  fresh: `${name}.restoring-${markOf(ctx)}`,
  before: `${name}.before-${markOf(ctx)}`,
  undone: `${name}.undone-${markOf(ctx)}`,
});

async function inodeOf(parent: OpenFolder, name: string): Promise<string | null> {
  const stat = await lstat(parent.at(name)).catch((fault: unknown): Stats | null => {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  });
  return stat === null ? null : `${stat.dev}:${stat.ino}`;
}

async function restore(
  ctx: EffectorContext,
  plan: RestorePlan,
  { parent: folder, name }: Place,
): Promise<EffectorOutcome> {
  const parent = await openFolder(folder);
  const beside = besideOf(name, ctx);
  try {
    const known = readEffectRecord(ctx, record);
    if (known?.restored != null && (await inodeOf(parent, name)) === known.restored) return await verify(parent, known);
    const before = known === null ? await inodeOf(parent, name) : known.before;
    const begun = { parent: folder, name, before, isProduction: plan.isProduction };
    writeEffectRecord(ctx, { ...begun, restored: null });
    const newer = await countNewer(parent, name, plan.madeAtMs);
    await removeTree(parent, beside.fresh);
    await mkdir(parent.at(beside.fresh), { mode: 0o700 });
    const { files } = await unpack(parent, beside.fresh, plan, ctx.signal);
    await takeRights(parent, name, beside.fresh);
    const restored = await inodeOf(parent, beside.fresh);
    writeEffectRecord(ctx, { ...begun, restored });
    await swap(parent, name, beside);
    const outcome = await verify(parent, { ...begun, restored });
    const aside = before === null ? null : path.join(folder, beside.before);
    const lost = lossOf(ctx, plan.madeAtMs, { files: newer });
    if (!outcome.ok) return outcome;
    const kept = aside === null ? "" : `; what was there is ${aside}`;
    return {
      ok: true,
      output: { restored: path.join(folder, name), entries: files, lost, aside },
      message: `${outcome.message}${kept}`,
    };
  } finally {
    await parent.close();
  }
}

async function unpack(parent: OpenFolder, name: string, { file, key }: RestorePlan, signal: AbortSignal) {
  const target = await openFolder(parent.at(name));
  const backup = await openBackup(file, key, signal);
  try {
    return await extractFolder(target, backup.bytes);
  } finally {
    await backup.bytes.return(undefined);
    await backup.close();
    await target.close();
  }
}

/** The new folder is as open or closed as the one whose place it takes; by its descriptor, whatever has its name by then. */
async function takeRights(parent: OpenFolder, name: string, fresh: string): Promise<void> {
  const stat = await lstat(parent.at(name)).catch(() => null);
  const handle = await open(parent.at(fresh), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if (stat !== null && process.getuid?.() === 0) await handle.chown(stat.uid, stat.gid);
    await handle.chmod(stat === null ? 0o750 : stat.mode & 0o1777);
  } finally {
    await handle.close();
  }
}

async function swap(parent: OpenFolder, name: string, beside: ReturnType<typeof besideOf>): Promise<void> {
  if ((await inodeOf(parent, name)) !== null) {
    if (!(await isFree(parent.at(beside.before)))) throw new BackupFault(`${beside.before} is there already`);
    await rename(parent.at(name), parent.at(beside.before));
  }
  await rename(parent.at(beside.fresh), parent.at(name));
  await parent.sync();
}

async function verify(parent: OpenFolder, known: FolderRecord): Promise<EffectorOutcome> {
  const place = path.join(known.parent, known.name);
  const isThere = known.restored !== null && (await inodeOf(parent, known.name)) === known.restored;
  if (isThere) return { ok: true, output: { restored: place }, message: `${place} is what was restored` };
  return { ok: false, reason: "unverified", message: `${place} is not what was restored` };
}

/** What was restored, and worked on since, is kept beside what was there before. */
async function undo(ctx: EffectorContext, parent: OpenFolder, known: FolderRecord): Promise<EffectorOutcome> {
  const { name } = known;
  const beside = besideOf(name, ctx);
  let kept = "";
  const now = await inodeOf(parent, name);
  if (known.restored !== null && now === known.restored) {
    const undone = await freeName(parent, beside.undone);
    await rename(parent.at(name), parent.at(undone));
    if (known.isProduction) kept = `; what was restored is ${path.join(known.parent, undone)}`;
    else await removeTree(parent, undone);
  }
  if (known.before !== null && (await inodeOf(parent, beside.before)) === known.before) {
    if (!(await isFree(parent.at(name)))) {
      const message = `something else is ${path.join(known.parent, name)} by now; what was there before is ${path.join(known.parent, beside.before)}`;
      return { ok: false, reason: "conflict", message };
    }
    await rename(parent.at(beside.before), parent.at(name));
  }
  await removeTree(parent, beside.fresh);
  await parent.sync();
  removeEffectRecord(ctx);
  return { ok: true, output: {}, message: `${path.join(known.parent, name)} is as it was before${kept}` };
}

/** What an earlier undo kept is not thrown away by the next one. */
async function freeName(parent: OpenFolder, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const one = n === 1 ? name : `${name}-${n}`;
    if (await isFree(parent.at(one))) return one;
  }
}

async function withRecord(
  ctx: EffectorContext,
  act: (parent: OpenFolder, known: FolderRecord) => Promise<EffectorOutcome>,
  isFine = false,
): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record);
  if (known === null && isFine) return { ok: true, output: {}, message: "nothing is to be put back" };
  if (known === null) return { ok: false, reason: "unverified", message: "nothing was restored by this step" };
  const parent = await openFolder(known.parent);
  try {
    return await act(parent, known);
  } finally {
    await parent.close();
  }
}

const COUNTED_MAX = 100_000;

/** @returns how many files were written after the backup; null when there are too many to tell, or it cannot be read */
async function countNewer(parent: OpenFolder, name: string, madeAtMs: number): Promise<number | null> {
  const count = { seen: 0, newer: 0 };
  const walk = async (folder: OpenFolder): Promise<void> => {
    for (const child of await readdir(listingOf(folder), { encoding: "buffer" })) {
      if (++count.seen > COUNTED_MAX) throw new Error("too many");
      const stat = await lstat(folder.at(child));
      if (stat.isFile() && stat.mtimeMs > madeAtMs) count.newer += 1;
      if (!stat.isDirectory()) continue;
      const inner = await openFolder(folder.at(child));
      await closing(inner, () => walk(inner));
    }
  };
  try {
    const folder = await openFolder(parent.at(name));
    await closing(folder, () => walk(folder));
    return count.newer;
  } catch {
    return null;
  }
}
