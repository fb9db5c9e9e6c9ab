import { createHash, hash } from "node:crypto";

export const HASH_BYTES = 32;

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** RFC 6962 section 2.1: the hash of a leaf is SHA-256 over a zero byte and its bytes. */
export function hashLeaf(entry: Uint8Array | string): Buffer {
  return createHash("sha256").update(LEAF).update(entry).digest();
}

/** What a node is hashed from. One for all: nothing else runs between the writing and the hash. */
const nodeBytes = Buffer.concat([NODE, Buffer.alloc(2 * HASH_BYTES)]);

/** RFC 6962 section 2.1: the hash of a node is SHA-256 over a one byte and the hashes of its two children. */
export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  // what a hostile tile cuts short must not be filled up with what stood there before
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    return createHash("sha256").update(NODE).update(left).update(right).digest();
  }
  nodeBytes.set(left, NODE.length);
  nodeBytes.set(right, NODE.length + HASH_BYTES);
  return hash("sha256", nodeBytes, "buffer");
}

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = createHash("sha256").digest();
