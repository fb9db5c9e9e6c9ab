import { getEvidence, recordCustody, storeArchive } from "../../evidence/index.ts";
import type { CustodyContext } from "../../evidence/index.ts";
import type { EvidenceSettings, Logger, ReadSecret } from "../../kernel/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import { openS3Store, parseObjectPlace } from "../../objects/index.ts";
import type { ObjectLock, ObjectStore } from "../../objects/index.ts";
import { verifyInThread } from "./in-thread.ts";
import type { ThreadOptions } from "./in-thread.ts";

interface CopiesContext extends CustodyContext, ThreadOptions {
  readonly logger: Logger;
  readonly readSecret: ReadSecret;
}

type StorageSettings = NonNullable<EvidenceSettings["storage"]>;

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
    .select(["archive_id", "attempts"])
    .where("state", "<>", "stored")
    .where("next_at", "<=", new Date(ctx.clock.now()))
    .orderBy("next_at")
    .orderBy("archive_id")
    .executeTakeFirst();
  if (due === undefined) return;
  try {
    await copyOne(ctx, settings, { id: due.archive_id, signal });
  } catch (fault) {
    if (signal.aborted) return;
    await noteFailure(ctx, due, messageOf(fault));
  }
}

async function copyOne(
  ctx: CopiesContext,
  settings: StorageSettings,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<void> {
  const store = await openStore(ctx, settings, signal);
  const archive = await getEvidence(ctx, id);
  const lock = lockOf(settings, archive.collectedAt);
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
        await trx
          .updateTable("evidence_copies")
          .set({ ...stored, ...copy, bytes: String(copy.bytes) })
          .where("archive_id", "=", id)
          .execute();
      },
    },
  );
}

async function openStore(ctx: CopiesContext, settings: StorageSettings, signal: AbortSignal): Promise<ObjectStore> {
  const [accessKeyId, secretAccessKey] = await Promise.all([
    ctx.readSecret(settings.accessKeyEnv),
    ctx.readSecret(settings.secretKeyEnv),
  ]);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error(`the secrets ${settings.accessKeyEnv} and ${settings.secretKeyEnv} are not set`);
  }
  return openS3Store(parseObjectPlace(settings.url), { accessKeyId, secretAccessKey }, { clock: ctx.clock, signal });
}

function lockOf({ lock, legalHold }: StorageSettings, collectedAt: string): ObjectLock | null {
  if (lock === undefined) return legalHold ? { mode: null, retainUntil: null, legalHold } : null;
  const retainUntil = toIso(Date.parse(collectedAt) + lock.days * DAY_MS);
  return { mode: lock.mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE", retainUntil, legalHold };
}

/** Archives that were put on record since, and those that lie in a store that is no longer the one of the profile. */
async function noteMissing(ctx: CopiesContext, place: string): Promise<void> {
  const missing = await ctx.database.kysely
    .selectFrom("evidence_archives")
    .leftJoin("evidence_copies", "evidence_copies.archive_id", "evidence_archives.id")
    .select("evidence_archives.id")
    .where("evidence_archives.seal", "is not", null)
    .where((where) => where.or([where("archive_id", "is", null), where("place", "<>", place)]))
    .limit(100)
    .execute();
  for (const { id } of missing) {
    const fresh = { place, state: "waiting", objects: 0, bytes: "0", locked: false, attempts: 0 } as const;
    const row = { ...fresh, next_at: toIso(ctx.clock.now()), last_error: null, stored_at: null };
    await ctx.database.kysely
      .insertInto("evidence_copies")
      .values({ archive_id: id, ...row })
      .onConflict((conflict) => conflict.column("archive_id").doUpdateSet(row))
      .execute();
  }
}

async function noteFailure(
  ctx: CopiesContext,
  { archive_id: id, attempts }: { readonly archive_id: string; readonly attempts: number },
  problem: string,
): Promise<void> {
  const waitMs = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** attempts);
  ctx.logger.warn("an archive was not copied into the object store and is tried again", { archive: id, problem });
  await ctx.database.kysely
    .updateTable("evidence_copies")
    .set({ state: "failed", attempts: attempts + 1, next_at: toIso(ctx.clock.now() + waitMs), last_error: problem })
    .where("archive_id", "=", id)
    .execute();
}
