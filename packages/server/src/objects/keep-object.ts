import { createHash } from "node:crypto";
import { ObjectStoreError } from "./object-store.ts";
import type { ObjectLock, ObjectStore } from "./object-store.ts";

export interface KeepRequest {
  readonly key: string;
  readonly content: Uint8Array | { readonly file: string };
  /** what the content is known to be, hexadecimal */
  readonly sha256: string;
  readonly lock?: ObjectLock | undefined;
}

export interface KeptObject {
  /** false: it lay there already */
  readonly isNew: boolean;
  readonly bytes: number;
  /** the lock that the store says is on it */
  readonly lock: ObjectLock | null;
}

/**
 * Keeps an object for good: it is written if it is not there, never over another one, and read back whole until its hash is
 * the one that was asked for. Doing it again changes nothing.
 *
 * @throws ObjectStoreError `different` when the store holds something else of that name, or gives back something else
 */
export async function keepObject(store: ObjectStore, request: KeepRequest): Promise<KeptObject> {
  const { key, content, sha256, lock } = request;
  const found = await store.head(key);
  if (found === null) {
    if (content instanceof Uint8Array) await store.putBytes(key, content, lock);
    else await store.putFile(key, content.file, lock);
  }
  const stored = await hashObject(store, key);
  if (stored.sha256 !== sha256) {
    const what = found === null ? "gave back other content than was sent for" : "holds other content of the name";
    throw new ObjectStoreError("different", `${store.name} ${what} ${key}`);
  }
  if (found !== null && lock !== undefined && found.lock === null) await store.lock(key, lock);
  return { isNew: found === null, bytes: stored.bytes, lock: (await store.head(key))?.lock ?? null };
}

/** Reads an object whole and gives its hash. */
export async function hashObject(store: ObjectStore, key: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of await store.read(key)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}
