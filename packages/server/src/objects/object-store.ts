/** Until when the store itself keeps an object from being deleted or replaced. */
export interface ObjectLock {
  /** null: no retention date */
  readonly mode: "GOVERNANCE" | "COMPLIANCE" | null;
  /** ISO 8601; null without a mode */
  readonly retainUntil: string | null;
  readonly legalHold: boolean;
}

export interface ObjectFacts {
  readonly bytes: number;
  /** what the store says that it holds the object by; null when it says nothing */
  readonly lock: ObjectLock | null;
}

/** One of what a store keeps under a key: in a versioned bucket also what was deleted or written over. */
export interface ObjectVersion {
  readonly key: string;
  /** null where the store keeps one of each key only */
  readonly versionId: string | null;
  /** a mark that hides what lies below it, of no content */
  readonly isMarker: boolean;
}

/**
 * A store of objects by key. Keys are relative to the store's prefix: letters, digits and `. _ -` between slashes.
 *
 * Every method tries again what may be tried again, and throws ObjectStoreError. Locks are never got round.
 */
export interface ObjectStore {
  /** `s3://bucket/prefix`, for people */
  readonly name: string;
  /** @returns null when there is no such object */
  head(key: string, versionId?: string | null): Promise<ObjectFacts | null>;
  /** Writes an object whole; small ones only, they are held in memory. */
  putBytes(key: string, bytes: Uint8Array, lock?: ObjectLock): Promise<void>;
  /** Writes an object from a file, in parts, so that its size costs no memory. */
  putFile(key: string, file: string, lock?: ObjectLock): Promise<void>;
  /** Puts a lock on an object that is there. */
  lock(key: string, lock: ObjectLock): Promise<void>;
  /** @throws ObjectStoreError `not_found` */
  read(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** @returns every key below a prefix, sorted; `limit` at most */
  list(prefix: string, limit: number): Promise<string[]>;
  /** Everything that is kept below a prefix, by key: every version and every mark, or the objects where there are no versions. */
  versions(prefix: string): AsyncIterable<ObjectVersion>;
  /** Takes one version away for good. @throws ObjectStoreError `refused` when the store holds it */
  remove(version: ObjectVersion): Promise<void>;
  /** Sets or lifts the legal hold of one version. @throws ObjectStoreError `refused` where the bucket has none */
  setLegalHold(version: ObjectVersion, isOn: boolean): Promise<void>;
  /** Throws away the parts of uploads that were never put together. @returns how many uploads */
  dropUploads(prefix: string): Promise<number>;
}

type ObjectStoreErrorCode =
  /** the address or the credentials cannot be used */
  | "bad_place"
  /** no answer, or the server failed: later it may work */
  | "unreachable"
  /** the store said no */
  | "refused"
  /** the store has no such operation */
  | "unsupported"
  | "not_found"
  /** there is another object of that name, or what was stored is not what was sent */
  | "different";

export class ObjectStoreError extends Error {
  override readonly name = "ObjectStoreError";
  readonly code: ObjectStoreErrorCode;

  constructor(code: ObjectStoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
