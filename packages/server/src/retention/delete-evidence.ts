import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { recordDeletion } from "../audit/index.ts";
import { unsealArchive } from "../evidence/index.ts";
import { messageOf } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { askForCopies } from "./copies/ask-for-copies.ts";
import { dropBatch } from "./batch.ts";
import type { Batch, Selection } from "./batch.ts";
import type { RetentionContext } from "./context.ts";
import { countDeleted } from "./notices.ts";
import { describeSchedule } from "./schedules.ts";

/** Evidence lies in directories of this, named by the id of the archive. */
const EVIDENCE = "evidence";
const ARCHIVE_ID = /^evd_[0-9A-HJKMNP-TV-Z]{26}$/;
/** An archive under this name is about to be deleted, or was. */
const SET_ASIDE = ".deleted-";

/** Deletes archives of evidence that a policy says are old enough, each with its files and its copies elsewhere. */
export async function deleteEvidence(
  ctx: RetentionContext,
  selection: Selection,
  batch: Batch,
  noticeId: string,
): Promise<void> {
  for (const row of batch.rows) {
    await deleteArchive(ctx, row.key, {
      policy: describeSchedule(selection.schedule),
      detail: { class: "evidence", notice: noticeId },
      drop: async (trx) => {
        await dropBatch(trx, selection, { ...batch, rows: [row] });
        await countDeleted(trx, noticeId, 1);
      },
    });
  }
}

export interface ArchiveDeletion {
  readonly policy: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** removes its row; throws when it must stay */
  readonly drop: (trx: Trx) => Promise<void>;
}

/**
 * Deletes an archive of evidence with its files; its copies elsewhere are due from then on. The files are set aside first, so
 * that a crash leaves either the archive as it was or a record of its deletion; `settleEvidence` ends what was cut off.
 */
export async function deleteArchive(
  ctx: RetentionContext,
  id: string,
  { policy, detail, drop }: ArchiveDeletion,
): Promise<void> {
  if (!ARCHIVE_ID.test(id)) throw new Error(`${id} is no id of an archive of evidence`);
  const [place, aside] = placesOf(ctx.home, id);
  const hasFiles = existsSync(place);
  if (hasFiles) await rename(place, aside);
  try {
    await inTransaction(ctx.database, async (trx) => {
      const copies = await askForCopies(trx, ctx, id);
      await drop(trx);
      await recordDeletion(trx, ctx.logKey, {
        at: ctx.clock.now(),
        actor: ctx.actor,
        target: id,
        policy,
        entries: [],
        detail: { ...detail, from: "evidence_archives", rows: 1, files: hasFiles, copies },
      });
    });
  } catch (fault) {
    if (hasFiles) await rename(aside, place);
    throw fault;
  }
  await removeFiles(aside);
}

/** What was sealed cannot be removed, also not by root, before its seal is taken off. */
async function removeFiles(aside: string): Promise<void> {
  await unsealArchive(aside);
  await rm(aside, { recursive: true, force: true });
}

function placesOf(home: string, id: string): readonly [place: string, aside: string] {
  return [path.join(home, EVIDENCE, id), path.join(home, EVIDENCE, `${SET_ASIDE}${id}`)];
}

/** What a crash left set aside goes when its deletion is on record, and comes back when it is not. */
export async function settleEvidence(ctx: RetentionContext): Promise<void> {
  const names = await readdir(path.join(ctx.home, EVIDENCE)).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(SET_ASIDE))) {
    const id = name.slice(SET_ASIDE.length);
    if (!ARCHIVE_ID.test(id)) continue;
    const [place, aside] = placesOf(ctx.home, id);
    const row = await ctx.database.kysely
      .selectFrom("evidence_archives")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    try {
      if (row === undefined) await removeFiles(aside);
      else await rename(aside, place);
    } catch (fault) {
      ctx.logger.warn("an archive of evidence that was set aside stays so", { archive: id, problem: messageOf(fault) });
    }
  }
}
