import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { z } from "zod";
import { codeOf, homePath, openFolder } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { CleanFault, findOldFiles, TRASH } from "./find-old-files.ts";
import type { Chosen } from "./find-old-files.ts";
import { findOpenFiles } from "./open-files.ts";
import { refuseFolder } from "./refuse-folder.ts";
import { isBack, moveBack, moveToTrash, openTrash, purgeTrash } from "./trash.ts";
import type { Moved } from "./trash.ts";

const DAY_MS = 86_400_000;
/** One application moves so many, the oldest first; the next one goes on. */
const FILES_MAX = 20_000;
const NAMED_MAX = 20;

const parameters = z.strictObject({
  folder: homePath.refine((text) => !text.includes("\0"), "use an absolute path"),
  /** since they were last written; parts of a day may be given, an hour at least */
  olderThanDays: z
    .number()
    .min(1 / 24)
    .max(36_500),
  /** globs: of names, or, with a slash, of paths below the folder; left out: every file */
  patterns: z.array(z.string().min(1).max(200)).min(1).max(20).optional(),
  /** so many of the newest files that the patterns fit stay, however old */
  keepNewest: z.number().int().min(0).max(100_000).default(0),
  /** deletes for good what fits, and what was moved to this folder's trash before */
  purge: z.boolean().default(false),
});
type Parameters = z.output<typeof parameters>;

const record = z.object({
  folder: z.string(),
  /** it was begun to delete for good */
  isPurging: z.boolean(),
  files: z.array(
    z
      .object({ parts: z.array(z.base64()), bytes: z.number(), modifiedMs: z.number(), key: z.string() })
      .transform(({ parts, ...rest }) => ({ ...rest, parts: parts.map((part) => Buffer.from(part, "base64")) })),
  ),
});
interface CleanRecord {
  readonly folder: string;
  readonly isPurging: boolean;
  readonly files: readonly Moved[];
}

/** Moves old files of a folder to a trash in it, on the same disk, or deletes them for good; undo brings back what was moved. */
export const diskClean: Effector = defineEffector({
  name: "disk.clean",
  title: "Clean old files out of a folder",
  destroysEvidence: true,
  idempotent: true,
  expiry: "by_undo",
  parameters,
  blastRadius: async (_ctx, { folder }) => ({ ...TOUCHES_NOTHING, services: [`the old files of ${folder}`] }),
  preview: async (ctx, given) => {
    const outcome = await inFolder(ctx, given, async (folder, place) =>
      preview(await choose(ctx, given, folder, place), given),
    );
    return outcome.ok ? outcome.message.split("\n") : [`nothing: ${outcome.message}`];
  },
  apply: (ctx, given) => inFolder(ctx, given, (folder, place) => clean(ctx, given, folder, place)),
  verify: (ctx, given) => inFolder(ctx, given, (folder) => judge(ctx, folder)),
  undo: async (ctx, given) => {
    const known: CleanRecord | null = readEffectRecord(ctx, record);
    if (known === null) return { ok: true, output: {}, message: "nothing is to be put back" };
    return inFolder(ctx, given, (folder) => putBack(ctx, folder, known));
  },
});

/** Opens the folder if it may be cleaned at all. */
async function inFolder(
  ctx: EffectorContext,
  given: Parameters,
  act: (folder: OpenFolder, place: string) => Promise<EffectorOutcome>,
): Promise<EffectorOutcome> {
  let folder: OpenFolder;
  let place: string;
  try {
    place = await realpath(given.folder);
    folder = await openFolder(place);
  } catch (fault) {
    const code = codeOf(fault) ?? "fault";
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") {
      return { ok: false, reason: "not_found", message: `${given.folder} is no folder` };
    }
    return { ok: false, reason: "failed", message: `${given.folder} cannot be opened (${code})` };
  }
  try {
    const refused = await refuseFolder(place, ctx.home, given.patterns !== undefined);
    if (refused !== null) return { ok: false, reason: "denied", message: refused };
    return await act(folder, place);
  } catch (fault) {
    if (fault instanceof CleanFault) return { ok: false, reason: "denied", message: fault.message };
    throw fault;
  } finally {
    await folder.close();
  }
}

interface Choice extends Chosen {
  readonly unseen: number;
  readonly place: string;
}

async function choose(ctx: EffectorContext, given: Parameters, folder: OpenFolder, place: string): Promise<Choice> {
  const { olderThanDays, patterns = [], keepNewest } = given;
  const open = await findOpenFiles();
  const rule = { olderThanMs: olderThanDays * DAY_MS, nowMs: ctx.clock.now(), patterns, keepNewest };
  return { ...(await findOldFiles(folder, place, rule, open)), unseen: open.unseen, place };
}

const sumOf = (files: readonly { readonly bytes: number }[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);
const pathOf = (parts: readonly Buffer[]) => parts.map((part) => part.toString("utf8")).join("/");

function preview(choice: Choice, { purge }: Parameters): EffectorOutcome {
  const files = choice.files.slice(0, FILES_MAX);
  const verb = purge ? "deletes for good" : `moves to ${choice.place}/${TRASH}`;
  const named = files.slice(0, NAMED_MAX).map(({ parts, bytes }) => `${JSON.stringify(pathOf(parts))}: ${bytes} bytes`);
  const more = files.length > NAMED_MAX ? [`and ${files.length - NAMED_MAX} more`] : [];
  const trash = purge ? ["deletes for good what lies in the folder's trash"] : [];
  const head = files.length === 0 ? "no file is old enough" : `${verb} ${files.length} file(s), ${sumOf(files)} bytes`;
  return { ok: true, output: {}, message: [head, ...named, ...more, ...trash, ...keptWords(choice)].join("\n") };
}

function keptWords({ kept, unseen }: Choice): string[] {
  return [
    ...(kept.open > 0 ? [`${kept.open} file(s) are kept, because they are open for writing`] : []),
    ...(kept.linked > 0 ? [`${kept.linked} file(s) are kept, because they have a second name`] : []),
    ...(kept.newest > 0 ? [`${kept.newest} file(s) are kept, because they are the newest`] : []),
    ...(unseen > 0 ? [`which files ${unseen} process(es) of others have open cannot be seen`] : []),
  ];
}

const trashName = ({ runId, stepId }: EffectorContext) =>
  createHash("sha256").update(`${runId}/${stepId}`).digest("hex").slice(0, 24);

function remember(ctx: EffectorContext, known: CleanRecord): void {
  const files = known.files.map(({ parts, ...rest }) => ({
    ...rest,
    parts: parts.map((part) => part.toString("base64")),
  }));
  writeEffectRecord(ctx, { ...known, files });
}

async function clean(
  ctx: EffectorContext,
  given: Parameters,
  folder: OpenFolder,
  place: string,
): Promise<EffectorOutcome> {
  const earlier: CleanRecord | null = readEffectRecord(ctx, record);
  const { known, notes } = earlier === null ? await plan(ctx, given, folder, place) : { known: earlier, notes: [] };
  if (known.isPurging) return deleteForGood(ctx, folder, known, notes);
  const moved = await moveAll(ctx, folder, known);
  if (given.purge) return deleteForGood(ctx, folder, known, notes);
  const bytes = sumOf(moved);
  const skipped = known.files.length - moved.length;
  const lost = skipped > 0 ? [`${skipped} could not be moved, or were changed meanwhile`] : [];
  const output = { freedBytes: 0, movedBytes: bytes, files: moved.length, trash: `${place}/${TRASH}` };
  const head = `${moved.length} file(s) with ${bytes} bytes lie in ${place}/${TRASH}; the disk has them until they are purged`;
  return { ok: true, output, message: [head, ...lost, ...notes].join("; ") };
}

/** Chooses, and writes down what is to be moved before anything is. */
async function plan(
  ctx: EffectorContext,
  given: Parameters,
  folder: OpenFolder,
  place: string,
): Promise<{ readonly known: CleanRecord; readonly notes: readonly string[] }> {
  const choice = await choose(ctx, given, folder, place);
  const files = choice.files.slice(0, FILES_MAX);
  const known = { folder: place, isPurging: false, files };
  remember(ctx, known);
  const left = choice.files.length - files.length;
  return { known, notes: [...keptWords(choice), ...(left > 0 ? [`${left} more are old enough: clean again`] : [])] };
}

async function moveAll(ctx: EffectorContext, folder: OpenFolder, { files }: CleanRecord): Promise<Moved[]> {
  if (files.length === 0) return [];
  const trash = await openTrash(folder, trashName(ctx), true);
  if (trash === null) return [];
  const moved: Moved[] = [];
  try {
    for (const [number, file] of files.entries()) {
      ctx.signal.throwIfAborted();
      if (await moveToTrash(folder, trash.own, file, number)) moved.push(file);
    }
    await trash.own.sync();
  } finally {
    await trash.close();
  }
  return moved;
}

async function deleteForGood(
  ctx: EffectorContext,
  folder: OpenFolder,
  known: CleanRecord,
  notes: readonly string[],
): Promise<EffectorOutcome> {
  remember(ctx, { ...known, isPurging: true });
  const { files, bytes } = await purgeTrash(folder, await findOpenFiles());
  const output = { freedBytes: bytes, movedBytes: 0, files, trash: null };
  return {
    ok: true,
    output,
    message: [`${files} file(s) are deleted for good, ${bytes} bytes are free`, ...notes].join("; "),
  };
}

async function judge(ctx: EffectorContext, folder: OpenFolder): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record);
  if (known === null) return { ok: false, reason: "unverified", message: "nothing was cleaned by this step" };
  let back = 0;
  for (const file of known.files) if (await isBack(folder, file)) back += 1;
  const message = `${known.files.length - back} of ${known.files.length} file(s) are out of ${known.folder}`;
  // what could not be moved was said; none of them moved is no cleaning
  const isDone = known.files.length === 0 || back < known.files.length;
  return isDone ? { ok: true, output: {}, message } : { ok: false, reason: "unverified", message };
}

async function putBack(ctx: EffectorContext, folder: OpenFolder, known: CleanRecord): Promise<EffectorOutcome> {
  const trash = await openTrash(folder, trashName(ctx), false);
  const count = { back: 0, gone: 0, taken: 0 };
  try {
    for (const [number, file] of known.files.entries()) {
      const inPlace = async () => ((await isBack(folder, file)) ? "back" : "gone");
      count[trash === null ? await inPlace() : await moveBack(folder, trash.own, file, number)] += 1;
    }
    await trash?.removeEmpty();
  } finally {
    await trash?.close();
  }
  if (count.taken === 0) removeEffectRecord(ctx);
  const message = [
    `${count.back} file(s) are in their places`,
    ...(count.gone > 0 ? [`${count.gone} were deleted for good and cannot be brought back`] : []),
    ...(count.taken > 0
      ? [`${count.taken} stay in ${known.folder}/${TRASH}: something else has their names, or their folders are gone`]
      : []),
  ].join("; ");
  return { ok: true, output: {}, message };
}
