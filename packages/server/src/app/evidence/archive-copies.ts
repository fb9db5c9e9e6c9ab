import { sql } from "kysely";
import { getEvidence, recordCustody, storeArchive } from "../../evidence/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import { parseObjectPlace } from "../../objects/index.ts";
import type { ObjectLock } from "../../objects/index.ts";
import { openCopyStore } from "./copy-store.ts";
import type { CopiesContext, StorageSettings } from "./copy-store.ts";
import { verifyInThread } from "./in-thread.ts";

const FIRST_WAIT_MS = 60_000;
const WAIT_MAX_MS = 6 * 60 * 60_000;
const DAY_MS = 86_400_000;

/** Copies archives into the object store of the profile, one after the other, until each is proved to be there. */
export interface ArchiveCopies {
  /** Copies the next one that is due. */
  pass(): Promise<void>;
  /** Ends a copy under way; it goes on at the next start. */
  stop(): void;
}

export function createArchiveCopies(ctx: CopiesContext, settings: StorageSettings | undefined): ArchiveCopies {
  const stopping = new AbortController();
  return {
    pass: async () => {
      if (settings !== undefined) await copyNext(ctx, settings, stopping.signal);
    },
    stop: () => stopping.abort(),
  };
}

async function copyNext(ctx: CopiesContext, settings: StorageSettings, signal: AbortSignal): Promise<void> {
  const place = parseObjectPlace(settings.url);
  await noteMissing(ctx, place.name);
  const due = await ctx.database.kysely
    .selectFrom("evidence_copies")
    .select(["archive_id", "place", "attempts"])
    .where("state", "in", ["waiting", "failed"])
    .where("former", "=", false)
    .where("next_at", "<=", new Date(ctx.clock.now()))
    .orderBy("next_at")
    .orderBy("archive_id")
    .executeTakeFirst();
  if (due === undefined) return;
  try {
    await copyOne(ctx, settings, { id: due.archive_id, place: place.name, signal });
  } catch (fault) {
    if (signal.aborted) return;
    await noteFailure(ctx, due, messageOf(fault));
  }
}

async function copyOne(
  ctx: CopiesContext,
  settings: StorageSettings,
  { id, place, signal }: { readonly id: string; readonly place: string; readonly signal: AbortSignal },
): Promise<void> {
  const store = await openCopyStore(ctx, settings, signal);
  const archive = await getEvidence(ctx, id);
  const lock = lockOf(settings, archive.collectedAt);
  if (lock?.legalHold === true) await noteHoldBegun(ctx, id, place);
  const copy = await storeArchive({
    archive,
    store,
    lock,
    signal,
    verify: (directory) => verifyInThread(directory, {}, { ...ctx, signal }),
  });
  const locked = copy.locked ? "locked there" : lock === null ? "without a lock" : "the store did not take the lock";
  const reason = `${copy.objects} objects in ${store.name}, each read back; ${locked}`;
  await recordCustody(
    ctx,
    archive,
    { act: "stored", reason, from: null, to: store.name },
    {
      alongside: async (trx) => {
        const stored = { state: "stored", stored_at: toIso(ctx.clock.now()), last_error: null } as const;
        const { numUpdatedRows } = await trx
          .updateTable("evidence_copies")
          .set({
            ...stored,
            ...copy,
            bytes: String(copy.bytes),
            ...(copy.locked && lock?.legalHold === true ? { hold: "on" } : {}),
            locked_until: copy.locked ? (lock?.retainUntil ?? null) : null,
          })
          .where("archive_id", "=", id)
          .where("place", "=", place)
          .where("state", "<>", "deleting")
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) throw new Error("the archive was deleted while it was copied");
      },
    },
  );
}

/** From now on some of its objects may be under the store's legal hold, so that it is lifted again one day. */
async function noteHoldBegun(ctx: CopiesContext, id: string, place: string): Promise<void> {
  await ctx.database.kysely
    .updateTable("evidence_copies")
    .set({ hold: "setting" })
    .where("archive_id", "=", id)
    .where("place", "=", place)
    .where("hold", "=", "off")
    .execute();
}

function lockOf({ lock, legalHold }: StorageSettings, collectedAt: string): ObjectLock | null {
  if (lock === undefined) return legalHold ? { mode: null, retainUntil: null, legalHold } : null;
  const retainUntil = toIso(Date.parse(collectedAt) + lock.days * DAY_MS);
  return { mode: lock.mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE", retainUntil, legalHold };
}

/** Archives that were put on record since, and those that lie in a store that is no longer the one of the profile. */
async function noteMissing(ctx: CopiesContext, place: string): Promise<void> {
  const { kysely } = ctx.database;
  await kysely
    .updateTable("evidence_copies")
    .set({ former: sql<boolean>`place <> ${place}` })
    .where(sql<boolean>`former <> (place <> ${place})`)
    .execute();
  const missing = await kysely
    .selectFrom("evidence_archives")
    .select("evidence_archives.id")
    .where("evidence_archives.seal", "is not", null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("evidence_copies")
            .select("archive_id")
            .whereRef("archive_id", "=", "evidence_archives.id")
            .where("place", "=", place),
        ),
      ),
    )
    .limit(100)
    .execute();
  for (const { id } of missing) {
    const fresh = { place, state: "waiting", objects: 0, bytes: "0", locked: false, attempts: 0 } as const;
    await kysely
      .insertInto("evidence_copies")
      .values({ archive_id: id, ...fresh, next_at: toIso(ctx.clock.now()), last_error: null, stored_at: null })
      .onConflict((conflict) => conflict.columns(["archive_id", "place"]).doNothing())
      .execute();
  }
}

async function noteFailure(
  ctx: CopiesContext,
  {
    archive_id: id,
    place,
    attempts,
  }: { readonly archive_id: string; readonly place: string; readonly attempts: number },
  problem: string,
): Promise<void> {
  const waitMs = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** attempts);
  ctx.logger.warn("an archive was not copied into the object store and is tried again", { archive: id, problem });
  await ctx.database.kysely
    .updateTable("evidence_copies")
    .set({ state: "failed", attempts: attempts + 1, next_at: toIso(ctx.clock.now() + waitMs), last_error: problem })
    .where("archive_id", "=", id)
    .where("place", "=", place)
    .where("state", "<>", "deleting")
    .execute();
}
