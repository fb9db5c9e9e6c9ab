import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { BackupFault, openBackup } from "./open-backup.ts";
import type { BackupContent } from "./open-backup.ts";
import type { BackupKind } from "./manifest.ts";
import { readManifest } from "./manifest.ts";
import { findPostgresProgram, runPostgresProgram } from "./postgres-programs.ts";
import { readArchive } from "./read-archive.ts";
import { checkRedisDump } from "./redis-dump.ts";
import { readSqlScript } from "./sql-script.ts";

export interface CheckedBackup {
  readonly content: BackupContent;
  /** files, keys or tables; null: it does not say */
  readonly entries: number | null;
  /** of a database */
  readonly rows: number | null;
  readonly bytes: number;
  /** when it was made, by its manifest; null: only the file's time tells */
  readonly createdAtMs: number | null;
  /** a dump's version of its format, for Redis */
  readonly version: number | null;
}

export interface CheckOptions {
  readonly file: string;
  readonly key: string | undefined;
  /** the profile's `effectors.postgres.programs` */
  readonly programs: string | undefined;
  readonly signal: AbortSignal;
}

const FITTING: Readonly<Record<BackupKind, readonly BackupContent[]>> = {
  folder: ["tar"],
  redis: ["redis"],
  postgres: ["postgres-custom", "postgres-sql"],
};

/**
 * Reads all of a backup and compares it with what it says of itself: checksums, lists of files, and the manifest beside it.
 *
 * @throws BackupFault when it is not what it should be; ProgramFault when only a program that is not here could tell
 */
export async function checkContent(kind: BackupKind, options: CheckOptions): Promise<CheckedBackup> {
  const { file, key, signal } = options;
  const manifest = await readManifest(file);
  if (manifest !== null) {
    if (manifest.kind !== kind) throw new BackupFault(`it is a backup of ${manifest.kind}, not of ${kind}`);
    const sha256 = await hashFile(file, signal);
    if (sha256 !== manifest.sha256)
      throw new BackupFault("it differs from the manifest beside it: it was changed or cut off");
  }
  const backup = await openBackup(file, key, signal);
  try {
    if (!FITTING[kind].includes(backup.content)) {
      throw new BackupFault(
        `it holds ${backup.content === "unknown" ? "nothing that is known" : backup.content}, not a backup of ${kind}`,
      );
    }
    const { entries, rows, version } = await readThrough(backup.content, backup.bytes, options);
    const createdAtMs = manifest === null ? null : Date.parse(manifest.createdAt);
    const known = { content: backup.content, bytes: backup.fileBytes, createdAtMs, version };
    return { ...known, entries: manifest?.entries ?? entries, rows };
  } finally {
    await backup.bytes.return(undefined);
    await backup.close();
  }
}

export async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024, signal })) hash.update(piece);
  return hash.digest("hex");
}

interface Through {
  readonly entries: number | null;
  readonly rows: number | null;
  readonly version: number | null;
}

async function readThrough(
  content: BackupContent,
  bytes: AsyncIterable<Buffer>,
  options: CheckOptions,
): Promise<Through> {
  switch (content) {
    case "tar":
      return { entries: (await readArchive(bytes)).files, rows: null, version: null };
    case "redis": {
      const { keys, version } = await checkRedisDump(bytes);
      return { entries: keys, rows: null, version };
    }
    case "postgres-custom":
      return checkCustomDump(bytes, options);
    case "postgres-sql":
      return checkSqlDump(bytes);
    case "unknown":
      throw new BackupFault("it holds nothing that is known");
    default:
      return content satisfies never;
  }
}

/** pg_restore unpacks all of it, as for a restore, into a script that nobody runs. */
async function checkCustomDump(input: AsyncIterable<Buffer>, { programs, signal }: CheckOptions): Promise<Through> {
  const program = await findPostgresProgram("pg_restore", programs, 1);
  return checkSqlDump(runPostgresProgram({ argv: [program, "--file=-"], place: null, signal, input }));
}

async function checkSqlDump(script: AsyncIterable<Buffer>): Promise<Through> {
  const { tables, rows, isComplete } = await readSqlScript(script);
  if (!isComplete) throw new BackupFault("its end is missing: it was cut off");
  return { entries: tables, rows, version: null };
}
