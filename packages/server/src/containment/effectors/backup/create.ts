import { createHash } from "node:crypto";
import { mkdir, readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { codeOf, listingOf, messageOf, openFolder, toIso } from "../../../kernel/index.ts";
import type { OpenFolder } from "../../../kernel/index.ts";
import { defineEffector, TOUCHES_NOTHING } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { postgresName, postgresPlace, redisName, redisPlace } from "../databases/index.ts";
import type { AddressOf } from "../databases/index.ts";
import { checkContent, hashFile } from "./check-content.ts";
import { explained } from "./explain.ts";
import { manifestOf, readManifest } from "./manifest.ts";
import type { BackupManifest } from "./manifest.ts";
import { BackupFault } from "./open-backup.ts";
import { backupKey, backupPath } from "./parameters.ts";
import { folderSource, postgresSource, redisSource } from "./sources.ts";
import type { BackupSource } from "./sources.ts";
import { finishBackup, keepNewest, partOf, remove, writePart } from "./write-backup.ts";

const common = {
  /** the folder that the backup goes to */
  to: backupPath,
  /** makes that folder where it is not there; without it, a disk that is not mounted is not written beside */
  makeFolder: z.boolean().default(false),
  /** so many backups of this source stay there, the newest; left out: all */
  keep: z.number().int().min(1).max(100_000).optional(),
  key: backupKey,
};
const parameters = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("folder"), source: backupPath, ...common }),
  z.strictObject({ kind: z.literal("postgres"), source: postgresPlace, ...common }),
  z.strictObject({ kind: z.literal("redis"), source: redisPlace, ...common }),
]);
type Parameters = z.output<typeof parameters>;

/** Backs up a folder, a PostgreSQL database or a Redis server, and reads the backup to its end before it counts. */
export function backupCreate(programs: string | undefined, addressOf: AddressOf): Effector {
  const means = { programs, addressOf };
  return defineEffector({
    name: "backup.create",
    title: "Make a backup and read it back",
    destroysEvidence: false,
    idempotent: true,
    // a backup that was made stays
    expiry: "none",
    parameters,
    blastRadius: async (_ctx, given) => ({ ...TOUCHES_NOTHING, services: [`backups in ${given.to}`] }),
    preview: async (_ctx, given) => [
      `writes a backup of ${describeSource(given)} to ${given.to}${given.key === undefined ? "" : ", encrypted"}`,
      ...(given.keep === undefined ? [] : [`removes its older backups there but for the newest ${given.keep}`]),
    ],
    apply: (ctx, given) => explained(() => create(ctx, given, means)),
    verify: (ctx, given, output) => explained(() => verify(ctx, given, { output, programs })),
    undo: { stays: "The backup stays." },
  });
}

function describeSource(given: Parameters): string {
  switch (given.kind) {
    case "folder":
      return `the folder ${given.source}`;
    case "postgres":
      return postgresName(given.source);
    case "redis":
      return redisName(given.source);
    default:
      return given satisfies never;
  }
}

function openSource(
  ctx: EffectorContext,
  given: Parameters,
  to: string,
  { programs, addressOf }: Means,
): Promise<BackupSource> {
  switch (given.kind) {
    case "folder":
      return folderSource(ctx, given.source, to);
    case "postgres":
      return postgresSource(ctx, { ...given.source, addressOf }, programs);
    case "redis":
      return redisSource(ctx, { ...given.source, addressOf });
    default:
      return given satisfies never;
  }
}

/** The same step finds its own backup again by this. */
const markOf = ({ runId, stepId }: EffectorContext) =>
  createHash("sha256").update(`${runId}/${stepId}`).digest("hex").slice(0, 12);

interface Means {
  readonly programs: string | undefined;
  readonly addressOf: AddressOf;
}

async function create(ctx: EffectorContext, given: Parameters, means: Means): Promise<EffectorOutcome> {
  const { programs } = means;
  const started = ctx.clock.monotonicMs();
  if (given.makeFolder) await mkdir(given.to, { recursive: true, mode: 0o700 });
  const to = await realpath(given.to).catch((fault: unknown) => {
    throw new BackupFault(`${given.to} is no folder to write to (${codeOf(fault) ?? messageOf(fault)})`);
  });
  const source = await openSource(ctx, given, to, means);
  const folder = await openFolder(to);
  try {
    const ending = `-${markOf(ctx)}.${source.extension}${given.key === undefined ? "" : ".enc"}`;
    const made = (await readdir(listingOf(folder))).find(
      (name) => name.startsWith(source.series) && name.endsWith(ending),
    );
    const name = made ?? `${source.series}-${stampOf(ctx.clock.now())}${ending}`;
    const notes = made === undefined ? await write(ctx, given, { folder, to, name, source, programs }) : [];
    const outcome = await verify(ctx, given, { output: { path: path.join(to, name) }, programs });
    const { keep } = given;
    const isKeepingAll = keep === undefined || !outcome.ok;
    const removed = isKeepingAll ? [] : await keepNewest(folder, seriesOf(source), { keep, newest: name });
    const seconds = Math.round((ctx.clock.monotonicMs() - started) / 10) / 100;
    const more = [...notes, ...(removed.length > 0 ? [`${removed.length} older one(s) were removed`] : [])];
    const message = [outcome.message, ...more].join("; ");
    return outcome.ok ? { ok: true, output: { ...outcome.output, seconds }, message } : { ...outcome, message };
  } finally {
    await folder.close();
  }
}

const stampOf = (nowMs: number) => toIso(nowMs).replace(/[-:]|\.\d+/g, "");

function seriesOf({ series, extension }: BackupSource): (name: string) => boolean {
  return (name) => {
    if (!name.startsWith(`${series}-`)) return false;
    const rest = name.slice(series.length + 1).replace(/\.enc$/, "");
    return new RegExp(`^\\d{8}T\\d{6}Z-[0-9a-f]{12}\\.${extension.replaceAll(".", "\\.")}$`).test(rest);
  };
}

interface Target {
  readonly folder: OpenFolder;
  readonly to: string;
  readonly name: string;
  readonly source: BackupSource;
  readonly programs: string | undefined;
}

async function write(ctx: EffectorContext, given: Parameters, target: Target): Promise<readonly string[]> {
  const { folder, to, name, source, programs } = target;
  const { kind, key } = given;
  const createdAt = toIso(ctx.clock.now());
  await removeLeftovers(folder, name);
  try {
    const { bytes, sha256 } = await writePart(folder, name, source.read(ctx.signal), key);
    const { entries, rows, notes } = source.facts();
    const part = path.join(to, partOf(name));
    await checkContent(kind, { file: part, key, programs, signal: ctx.signal });
    if ((await hashFile(part, ctx.signal)) !== sha256)
      throw new BackupFault("what was read back differs from what was written");
    const facts = { source: source.what, createdAt, bytes, sha256, isEncrypted: key !== undefined, entries, rows };
    await finishBackup(folder, name, { format: "firebreak.backup/1", kind, ...facts });
    return notes;
  } catch (fault) {
    await remove(folder, partOf(name));
    throw fault;
  }
}

/** What a process of this step left half written when it was killed: it has another time in its name. */
async function removeLeftovers(folder: OpenFolder, name: string): Promise<void> {
  const ending = name.slice(name.lastIndexOf("Z-"));
  const parts = (await readdir(listingOf(folder))).filter((one) => one.endsWith(partOf(ending)));
  for (const part of parts) {
    await remove(folder, part);
    await remove(folder, manifestOf(part.slice(0, -".part".length)));
    await remove(folder, partOf(manifestOf(part.slice(0, -".part".length))));
  }
}

interface Claim {
  readonly output: Readonly<Record<string, unknown>>;
  readonly programs: string | undefined;
}

async function verify(ctx: EffectorContext, given: Parameters, { output, programs }: Claim): Promise<EffectorOutcome> {
  const file = z.string().safeParse(output["path"]);
  const manifest = file.success ? await readManifest(file.data) : null;
  if (!file.success || manifest === null) {
    return { ok: false, reason: "unverified", message: "no backup of this step is there" };
  }
  await checkContent(given.kind, { file: file.data, key: given.key, programs, signal: ctx.signal });
  return { ok: true, output: factsOf(file.data, manifest), message: `${file.data} was read to its end` };
}

function factsOf(file: string, { bytes, sha256, entries, rows }: BackupManifest) {
  return { path: file, manifest: manifestOf(file), bytes, sha256, entries, rows };
}
