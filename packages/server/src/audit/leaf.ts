import { createHash } from "node:crypto";

/** RFC 6962 section 2.1: the hash of a leaf is SHA-256 over a zero byte and the leaf's bytes. */
export function hashLeaf(leaf: string): Buffer {
  return createHash("sha256").update(Buffer.of(0)).update(leaf, "utf8").digest();
}
