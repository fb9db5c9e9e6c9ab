import path from "node:path";
import type { Selectable } from "kysely";
import { archiveDirectory, recordCustody, removeCopy } from "../../evidence/index.ts";
import type { CopyRemoval } from "../../evidence/index.ts";
import { ensurePrivateDir, messageOf, toIso } from "../../kernel/index.ts";
import { findHoldsOnCopy, keptArchive, wasArchiveDeleted } from "../../retention/index.ts";
import type { EvidenceCopiesTable } from "../../storage/index.ts";
import { openStoreAt } from "./copy-store.ts";
import type { CopiesContext, CopySettings } from "./copy-store.ts";

const FIRST_WAIT_MS = 60_000;
const WAIT_MAX_MS = 6 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
/** Of what somebody may let go before its time: a lock that can be shortened, a legal hold of the store. */
const DAY_MS = 24 * HOUR_MS;
const SECOND_MS = 1_000;

type CopyRow = Selectable<EvidenceCopiesTable>;

/** A legal hold came while the copy was being deleted; what is left of it stays. */
class HeldMeanwhile extends Error {
  override readonly name = "HeldMeanwhile";
}

/**
 * Deletes copies of archives that were deleted, those that are due. What a store refuses stays due and is tried again when its
 * lock ends; a copy is off the record only when the store lists nothing of it any more.
 */
export async function deleteCopies(ctx: CopiesContext, settings: CopySettings, signal: AbortSignal): Promise<void> {
  for (let due = await nextDue(ctx); due !== undefined && !signal.aborted; due = await nextDue(ctx)) {
    try {
      await deleteOne(ctx, settings, { copy: due, signal });
    } catch (fault) {
      if (signal.aborted) return;
      await noteProblem(ctx, due, { problem: messageOf(fault), waitMs: waitOf(fault, due), refused: due.refused });
    }
  }
}

async function nextDue({ database, clock }: CopiesContext): Promise<CopyRow | undefined> {
  return database.kysely
    .selectFrom("evidence_copies")
    .selectAll()
    .where("state", "=", "deleting")
    .where("next_at", "<=", new Date(clock.now()))
    .orderBy("next_at")
    .orderBy("archive_id")
    .limit(1)
    .executeTakeFirst();
}

function waitOf(fault: unknown, { attempts }: CopyRow): number {
  return fault instanceof HeldMeanwhile ? HOUR_MS : Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** attempts);
}

async function deleteOne(
  ctx: CopiesContext,
  settings: CopySettings,
  { copy, signal }: { readonly copy: CopyRow; readonly signal: AbortSignal },
): Promise<void> {
  const { kysely } = ctx.database;
  const { archive_id: archiveId, place } = copy;
  if (!(await wasArchiveDeleted(kysely, archiveId))) {
    throw new Error("nothing on record says that its archive was deleted. Find out who can write to the database");
  }
  const check = async (): Promise<void> => {
    const cases = await findHoldsOnCopy(kysely, copy.archive);
    if (cases.length > 0) throw new HeldMeanwhile(`held by case ${cases.join(", ")}`);
  };
  await check();
  const store = await openStoreAt(ctx, settings, { place, signal });
  const removal = await removeCopy({ archiveId, store, signal, check });
  if (removal.left === 0) await finish(ctx, copy, removal);
  else await noteProblem(ctx, copy, judge(removal, ctx.clock.now()));
}

/** The record that it is gone, and its row, in one transaction. */
async function finish(ctx: CopiesContext, copy: CopyRow, { removed, uploads }: CopyRemoval): Promise<void> {
  const { archive_id: id, place } = copy;
  const { manifest_sha256: manifestSha256 } = keptArchive.parse(JSON.parse(copy.archive ?? "null"));
  const directory = archiveDirectory(ctx.home, id);
  ensurePrivateDir(path.dirname(directory));
  const parts = uploads === 0 ? "" : `, parts of ${uploads} uploads`;
  const reason = `the store lists nothing of it any more: ${removed} versions deleted now of ${copy.objects} objects${parts}`;
  await recordCustody(
    ctx,
    { id, directory, manifestSha256 },
    { act: "deleted", reason, from: null, to: place },
    {
      alongside: async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom("evidence_copies")
          .where("archive_id", "=", id)
          .where("place", "=", place)
          .executeTakeFirst();
        if (numDeletedRows !== 1n) throw new Error("another server did it at the same time");
      },
    },
  );
}

interface Problem {
  readonly problem: string;
  readonly waitMs: number;
  readonly refused: number;
}

function judge({ removed, refused, kept, left }: CopyRemoval, now: number): Problem {
  const [first] = kept;
  if (first === undefined)
    return { problem: `${left} versions were written meanwhile`, waitMs: FIRST_WAIT_MS, refused };
  const ends = kept.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
  const isFixed = kept.length === ends.length && kept.every((one) => one.isFixed);
  const endsInMs = ends.length === 0 ? DAY_MS : Math.min(...ends) - now + SECOND_MS;
  const others = refused > 1 ? ` and ${refused - 1} more` : "";
  return {
    problem: `the store keeps ${left} versions, ${removed} were deleted: ${first.key}${others}: ${first.why}`,
    waitMs: Math.max(FIRST_WAIT_MS, isFixed ? endsInMs : Math.min(DAY_MS, endsInMs)),
    refused,
  };
}

async function noteProblem(ctx: CopiesContext, copy: CopyRow, { problem, waitMs, refused }: Problem): Promise<void> {
  const { archive_id: archive, place } = copy;
  ctx.logger.warn("a copy of a deleted archive is still in its store", { archive, place, problem });
  await ctx.database.kysely
    .updateTable("evidence_copies")
    .set({
      attempts: copy.attempts + 1,
      refused,
      last_error: problem.slice(0, 1_000),
      next_at: toIso(ctx.clock.now() + waitMs),
    })
    .where("archive_id", "=", archive)
    .where("place", "=", place)
    .execute();
}
