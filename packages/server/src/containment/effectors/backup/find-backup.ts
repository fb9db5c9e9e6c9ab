import type { Stats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../../kernel/index.ts";
import { BackupFault } from "./open-backup.ts";

export type LookedFor = "folder" | "tar" | "postgres" | "redis";

/** What backups of a kind are called, by those who make them. */
const NAMES: Readonly<Record<LookedFor, RegExp>> = {
  folder: /\.(tar|tgz)\b|workspace|files/i,
  tar: /\.(tar|tgz)\b/i,
  postgres: /postgres|pg_?dump|pgsql|\.(sql|dump)\b/i,
  redis: /redis|\.rdb\b/i,
};
/** What lies beside backups and is none: manifests, checksums, logs, and what is still being written. */
const BESIDE = /^\.|\.(json|log|part|tmp|sha256|md5|txt)$/i;

export interface FoundBackup {
  readonly path: string;
  readonly stat: Stats;
}

/**
 * Finds the backup that a path means: the file itself; of a folder its newest file, by name of that kind if some have one.
 *
 * @throws BackupFault when there is none
 */
export async function findBackup(given: string, kind: LookedFor): Promise<FoundBackup> {
  const found = await statOf(given);
  if (found.isFile()) return { path: given, stat: found };
  if (!found.isDirectory()) throw new BackupFault(`${given} is neither a file nor a folder`);
  const names = (await readdir(given)).filter((name) => !BESIDE.test(name));
  const files: FoundBackup[] = [];
  for (const name of names) {
    const full = path.join(given, name);
    const one = await lstat(full).catch(ignoreGone);
    if (one?.isFile() === true) files.push({ path: full, stat: one });
  }
  const named = files.filter((one) => NAMES[kind].test(path.basename(one.path)));
  const newest = (named.length > 0 ? named : files).toSorted((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)[0];
  if (newest !== undefined) return newest;
  throw new BackupFault(`there is no backup in ${given}`);
}

async function statOf(given: string): Promise<Stats> {
  try {
    return await stat(given);
  } catch (fault) {
    const code = codeOf(fault);
    if (code === "ENOENT" || code === "ENOTDIR") throw new BackupFault(`there is no ${given}`);
    throw fault;
  }
}

function ignoreGone(fault: unknown): null {
  if (codeOf(fault) === "ENOENT") return null;
  throw fault;
}
