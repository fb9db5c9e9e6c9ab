import { messageOf } from "../kernel/index.ts";
import { ObjectStoreError } from "../objects/index.ts";
import type { ObjectLock, ObjectStore, ObjectVersion } from "../objects/index.ts";

export interface RemoveRequest {
  readonly archiveId: string;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  /** asked before each version: throws when nothing more may go */
  readonly check: () => Promise<void>;
}

/** Why the store still has a version. */
export interface KeptVersion {
  readonly key: string;
  readonly why: string;
  /** when the store's lock on it ends, ISO 8601; null when that is not what keeps it, or is not told */
  readonly until: string | null;
  /** a lock that nobody can shorten */
  readonly isFixed: boolean;
}

export interface CopyRemoval {
  /** versions and marks that are gone now */
  readonly removed: number;
  /** parts of uploads that were cut off */
  readonly uploads: number;
  readonly refused: number;
  /** the first of those that were refused */
  readonly kept: readonly KeptVersion[];
  /** what the store has still, by its own listing afterwards */
  readonly left: number;
}

const KEPT_TOLD_MAX = 20;

/**
 * Takes the copy of an archive away: every version and mark of every object, one by one, and the parts of uploads that were
 * cut off. What the store holds stays, and is told. Doing it again goes on with what is left.
 *
 * @throws ObjectStoreError when the store cannot be asked, and what `check` throws
 */
export async function removeCopy({ archiveId, store, signal, check }: RemoveRequest): Promise<CopyRemoval> {
  const prefix = `${archiveId}/`;
  const uploads = await store.dropUploads(prefix);
  const kept: KeptVersion[] = [];
  let [removed, refused] = [0, 0];
  for await (const version of store.versions(prefix)) {
    signal.throwIfAborted();
    await check();
    try {
      await store.remove(version);
      removed += 1;
    } catch (fault) {
      if (!(fault instanceof ObjectStoreError) || fault.code !== "refused") throw fault;
      refused += 1;
      if (kept.length < KEPT_TOLD_MAX) kept.push(await explain(store, version, fault));
    }
  }
  let left = 0;
  for await (const version of store.versions(prefix)) left += version.key === "" ? 0 : 1;
  return { removed, uploads, refused, kept, left };
}

async function explain(store: ObjectStore, version: ObjectVersion, fault: ObjectStoreError): Promise<KeptVersion> {
  const { key, versionId } = version;
  const lock = await readLock(store, key, versionId);
  const until = lock?.mode == null ? null : lock.retainUntil;
  const isFixed = lock?.mode === "COMPLIANCE" && !lock.legalHold;
  if (lock?.legalHold === true) return { key, until, isFixed, why: "a legal hold of the store is on it" };
  if (until !== null) return { key, until, isFixed, why: `locked there until ${until} (${lock?.mode?.toLowerCase()})` };
  return { key, until, isFixed, why: messageOf(fault) };
}

/** What keeps a version is told where the store tells it: who may delete may not be one who may look. */
async function readLock(store: ObjectStore, key: string, versionId: string | null): Promise<ObjectLock | null> {
  try {
    return (await store.head(key, versionId))?.lock ?? null;
  } catch {
    return null;
  }
}

export interface HoldRequest extends RemoveRequest {
  readonly isOn: boolean;
}

/**
 * Sets or lifts the store's legal hold on everything of a copy.
 *
 * @returns on how many versions
 * @throws ObjectStoreError `refused` or `unsupported` where the bucket has none
 */
export async function holdCopy({ archiveId, store, signal, check, isOn }: HoldRequest): Promise<number> {
  let versions = 0;
  for await (const version of store.versions(`${archiveId}/`)) {
    signal.throwIfAborted();
    if (version.isMarker) continue;
    await check();
    await store.setLegalHold(version, isOn);
    versions += 1;
  }
  return versions;
}
