import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { sql } from "kysely";
import { SEGMENT_FILE } from "../../audit/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { RetentionContext } from "../context.ts";
import { parseKeys, readSegment, removeSegment } from "./segment-file.ts";

const FILES_MAX = 100_000;
/** `seg_` and 26 characters */
const ID_LENGTH = 30;

/**
 * Puts in order what a crash left: files of segments that are recorded as deleted, and files of segments that were never
 * recorded, whose rows are all still in the database. What nothing accounts for stays, and is told.
 *
 * @returns sentences about data without its counterpart
 */
export async function sweepArchive(ctx: RetentionContext): Promise<string[]> {
  const orphans: string[] = [];
  const files = (await listFiles(path.join(ctx.home, "archive"))).map((name) => `archive/${name}`);
  const known = await ctx.database.kysely.selectFrom("archive_segments").select(["id", "file", "deleted_at"]).execute();
  const recorded = new Map(known.map((segment) => [segment.id, segment]));
  for (const file of files) {
    if (isLeftOver(ctx.home, file)) await rm(path.join(ctx.home, file), { force: true });
    if (!SEGMENT_FILE.test(file)) continue;
    const segment = recorded.get(path.basename(file).slice(0, ID_LENGTH));
    if (segment?.file === file && segment.deleted_at === null) continue;
    const isCopy =
      segment !== undefined && (segment.deleted_at !== null || existsSync(path.join(ctx.home, segment.file)));
    if (isCopy || (await isNotInForce(ctx, file))) await removeSegment(ctx.home, file);
    else orphans.push(`${file} is recorded nowhere, and its rows are not in the database`);
  }
  const missing = known.filter(({ file, deleted_at }) => deleted_at === null && !existsSync(path.join(ctx.home, file)));
  return [...orphans, ...missing.map(({ file }) => `${file} is recorded and is not there`)];
}

/** A file half written, or a manifest whose segment was not written any more. */
function isLeftOver(home: string, file: string): boolean {
  if (file.endsWith(".tmp")) return true;
  return file.endsWith(".manifest") && !existsSync(path.join(home, file.replace(/\.manifest$/, ".ndjson.gz")));
}

async function listFiles(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true });
    return entries.slice(0, FILES_MAX);
  } catch {
    return [];
  }
}

const archivedKey = z.object({ seq: z.number().optional(), key: z.string().optional() });
const TABLE = /^[a-z_]{1,40}$/;

/** The transaction that was to drop the rows, or the segment that this one stands for, never came to its end. */
async function isNotInForce(ctx: RetentionContext, file: string): Promise<boolean> {
  try {
    const keys = await ctx.database.kysely.selectFrom("log_keys").select("verifier_key").execute();
    const { manifest, lines } = await readSegment(ctx.home, file, parseKeys(keys.map((one) => one.verifier_key)));
    if (manifest.replaces !== undefined) return await isKept(ctx, manifest.replaces);
    const rows = lines.map((line) => archivedKey.parse(JSON.parse(line)));
    if (!TABLE.test(manifest.table)) return false;
    const column = rows[0]?.seq === undefined ? "id" : "seq";
    const names = rows.map(({ seq, key }) => String(seq ?? key));
    const { rows: found } = await sql<{ count: string }>`
      select count(*) from ${sql.table(manifest.table)} where ${sql.ref(column)}::text = any(${names})`.execute(
      ctx.database.kysely,
    );
    return Number(found[0]?.count) === rows.length;
  } catch (fault) {
    ctx.logger.warn("a file of the archive cannot be read", { file, problem: messageOf(fault) });
    return false;
  }
}

async function isKept({ database }: RetentionContext, id: string): Promise<boolean> {
  const segment = await database.kysely
    .selectFrom("archive_segments")
    .select("id")
    .where("id", "=", id)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return segment !== undefined;
}
