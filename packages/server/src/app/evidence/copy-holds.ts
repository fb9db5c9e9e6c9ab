import path from "node:path";
import type { Selectable } from "kysely";
import { archiveDirectory, getEvidence, holdCopy, recordCustody } from "../../evidence/index.ts";
import { ensurePrivateDir, messageOf, toIso } from "../../kernel/index.ts";
import { ObjectStoreError } from "../../objects/index.ts";
import { findHeldCopies, keptArchive } from "../../retention/index.ts";
import type { EvidenceCopiesTable } from "../../storage/index.ts";
import { openStoreAt, storageOf } from "./copy-store.ts";
import type { CopiesContext, CopySettings } from "./copy-store.ts";

const TRY_AGAIN_MS = 24 * 60 * 60_000;
const SOON_MS = 10 * 60_000;

type CopyRow = Selectable<EvidenceCopiesTable>;

/**
 * Brings the store's legal hold on each copy to what it should be: on while a legal hold of Firebreak is on the archive, or the
 * profile wants one; else off, if it was set from here. Doing it again goes on where it was cut off.
 */
export async function holdCopies(ctx: CopiesContext, settings: CopySettings, signal: AbortSignal): Promise<void> {
  const held = await findHeldCopies(ctx.database.kysely);
  for (const copy of await readCopies(ctx, held.size > 0 || wantsHolds(settings))) {
    if (signal.aborted) return;
    const byProfile = storageOf(settings, copy.place)?.legalHold === true ? ["the profile"] : [];
    const cases = (held.get(copy.archive_id) ?? []).map((one) => `case ${one}`);
    await bring(ctx, settings, { copy, holders: [...cases, ...byProfile], signal });
  }
}

const wantsHolds = ({ storage, formerStorage }: CopySettings): boolean =>
  [storage, ...formerStorage].some((one) => one?.legalHold === true);

/** Copies of which the store has something, or may have. */
async function readCopies({ database }: CopiesContext, isAnyHeld: boolean): Promise<CopyRow[]> {
  let query = database.kysely.selectFrom("evidence_copies").selectAll();
  query = isAnyHeld
    ? query.where((where) => where.or([where("state", "in", ["stored", "deleting"]), where("hold", "<>", "off")]))
    : query.where("hold", "<>", "off");
  return query.orderBy("archive_id").execute();
}

interface Wanted {
  readonly copy: CopyRow;
  /** who holds it; nobody: it is to be let go */
  readonly holders: readonly string[];
  readonly signal: AbortSignal;
}

async function bring(ctx: CopiesContext, settings: CopySettings, { copy, holders, signal }: Wanted): Promise<void> {
  const isOn = holders.length > 0;
  const isDone = isOn ? copy.hold === "on" : copy.hold === "off";
  // one that is being copied gets it when it is there
  const isUnderWay = copy.state === "waiting" || copy.state === "failed";
  const isTooEarly = copy.hold_next_at !== null && copy.hold_next_at.getTime() > ctx.clock.now();
  if (isDone || isUnderWay || (isOn && isTooEarly)) return;
  try {
    if (copy.hold === "off") await setHold(ctx, copy, { hold: "setting" });
    const store = await openStoreAt(ctx, settings, { place: copy.place, signal });
    const check = async () => {};
    const versions = await holdCopy({ archiveId: copy.archive_id, store, signal, check, isOn });
    await record(ctx, copy, { versions, holders });
  } catch (fault) {
    if (signal.aborted) return;
    const isWithout = fault instanceof ObjectStoreError && (fault.code === "refused" || fault.code === "unsupported");
    if (isWithout && !isOn) return record(ctx, copy, { versions: 0, holders });
    const wait = isWithout ? TRY_AGAIN_MS : SOON_MS;
    ctx.logger.warn("the legal hold of a copy could not be set or lifted", {
      archive: copy.archive_id,
      problem: messageOf(fault),
    });
    await setHold(ctx, copy, {
      hold: isWithout ? "refused" : "setting",
      hold_error: messageOf(fault).slice(0, 1_000),
      hold_next_at: toIso(ctx.clock.now() + wait),
    });
  }
}

interface HoldChange {
  readonly hold: CopyRow["hold"];
  readonly hold_error?: string;
  readonly hold_next_at?: string;
}

async function setHold({ database }: CopiesContext, copy: CopyRow, change: HoldChange): Promise<void> {
  await database.kysely
    .updateTable("evidence_copies")
    .set(change)
    .where("archive_id", "=", copy.archive_id)
    .where("place", "=", copy.place)
    .execute();
}

async function record(
  ctx: CopiesContext,
  copy: CopyRow,
  { versions, holders }: { readonly versions: number; readonly holders: readonly string[] },
): Promise<void> {
  const isOn = holders.length > 0;
  const reason = isOn
    ? `the store's legal hold is on ${versions} objects, for ${holders.join(", ")}`
    : `the store's legal hold is lifted from ${versions} objects: nothing holds the archive any more`;
  await recordCustody(
    ctx,
    await archiveOf(ctx, copy),
    { act: isOn ? "held" : "released", reason, from: null, to: copy.place },
    {
      alongside: async (trx) => {
        const now = toIso(ctx.clock.now());
        const isWaiting = copy.state === "deleting" && !isOn;
        await trx
          .updateTable("evidence_copies")
          .set({
            hold: isOn ? "on" : "off",
            hold_error: null,
            hold_next_at: null,
            // what waited for its release is deleted next
            ...(isWaiting ? { next_at: now } : {}),
          })
          .where("archive_id", "=", copy.archive_id)
          .where("place", "=", copy.place)
          .execute();
      },
    },
  );
}

/** Where its custody is written: in the archive while it is here, in the audit log alone afterwards. */
async function archiveOf(ctx: CopiesContext, copy: CopyRow) {
  const id = copy.archive_id;
  if (copy.archive === null) return getEvidence(ctx, id);
  const directory = archiveDirectory(ctx.home, id);
  ensurePrivateDir(path.dirname(directory));
  return { id, directory, manifestSha256: keptArchive.parse(JSON.parse(copy.archive)).manifest_sha256 };
}
