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

/**
 * A store of objects by key. Keys are relative to the store's prefix: letters, digits and `. _ -` between slashes.
 *
 * Every method tries again what may be tried again, and throws ObjectStoreError. Nothing is ever deleted through it.
 */
export interface ObjectStore {
  /** `s3://bucket/prefix`, for people */
  readonly name: string;
  /** @returns null when there is no such object */
  head(key: string): Promise<ObjectFacts | null>;
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
}

type ObjectStoreErrorCode =
  /** the address or the credentials cannot be used */
  | "bad_place"
  /** no answer, or the server failed: later it may work */
  | "unreachable"
  /** the store said no */
  | "refused"
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
