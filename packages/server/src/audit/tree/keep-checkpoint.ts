import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { readCheckpoint, TreeReader, verifyConsistency } from "@firebreak/verifier";
import type { Checkpoint } from "@firebreak/verifier";
import type { Kysely } from "kysely";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";
import type { Schema } from "../../storage/index.ts";
import { createTileReader } from "./read-tiles.ts";

const fileOf = (home: string): string => path.join(home, "log", "checkpoint");

/**
 * Keeps the newest checkpoint in a file of the home, where who changes the database alone cannot reach. It is replaced only by
 * one that provably goes on from it: any other means that the history was changed, and the kept one stays, for the check to
 * find.
 *
 * @returns false when the log does not go on from the checkpoint that was kept
 */
export async function keepCheckpoint(ctx: {
  readonly database: { readonly kysely: Kysely<Schema> };
  readonly home: string;
}): Promise<boolean> {
  const { kysely } = ctx.database;
  const row = await kysely.selectFrom("log_state").select("note").executeTakeFirst();
  const newest = row === undefined ? undefined : readCheckpoint(row.note);
  const kept = readCheckpoint(readKeptCheckpoint(ctx.home) ?? "");
  if (row === undefined || newest === undefined) return kept === undefined;
  if (kept !== undefined && !(await goesOn(kysely, kept, newest))) return false;
  if (kept?.size === newest.size) return true;
  ensurePrivateDir(path.dirname(fileOf(ctx.home)));
  writeFileAtomic(fileOf(ctx.home), row.note, { durable: true });
  return true;
}

/** @returns the signed checkpoint that the home keeps */
export function readKeptCheckpoint(home: string): string | undefined {
  return existsSync(fileOf(home)) ? readFileSync(fileOf(home), "utf8") : undefined;
}

async function goesOn(kysely: Kysely<Schema>, kept: Checkpoint, newest: Checkpoint): Promise<boolean> {
  if (kept.origin !== newest.origin || kept.size > newest.size) return false;
  if (kept.size === 0) return true;
  const proof = await new TreeReader(newest.size, createTileReader(kysely)).consistencyProof(kept.size);
  return verifyConsistency({
    from: kept.size,
    to: newest.size,
    fromRoot: kept.root,
    toRoot: newest.root,
    path: proof,
  });
}
