import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { codeOf } from "../../../kernel/index.ts";

export const BACKUP_KINDS = ["folder", "postgres", "redis"] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

/** What stands beside a backup that Firebreak made, as `NAME.json`. */
const backupManifest = z.object({
  format: z.literal("firebreak.backup/1"),
  kind: z.enum(BACKUP_KINDS),
  /** for people; without a password */
  source: z.string(),
  createdAt: z.iso.datetime(),
  bytes: z.number().int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  isEncrypted: z.boolean(),
  /** files, keys or tables */
  entries: z.number().int().nullable(),
  /** of a database, when it could be counted */
  rows: z.number().int().nullable(),
});
export type BackupManifest = z.output<typeof backupManifest>;

const BYTES_MAX = 64 * 1024;

export const manifestOf = (file: string) => `${file}.json`;

/** @returns null when there is none, or something else */
export async function readManifest(file: string): Promise<BackupManifest | null> {
  try {
    const handle = await open(manifestOf(file), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size > BYTES_MAX) return null;
      return backupManifest.parse(JSON.parse(await handle.readFile("utf8")));
    } finally {
      await handle.close();
    }
  } catch (fault) {
    if (fault instanceof z.ZodError || fault instanceof SyntaxError) return null;
    const code = codeOf(fault);
    if (code === "ENOENT" || code === "ELOOP" || code === "EACCES") return null;
    throw fault;
  }
}
