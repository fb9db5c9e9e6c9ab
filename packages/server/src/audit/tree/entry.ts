import { createHash } from "node:crypto";
import { ENTRY_BYTES_MAX } from "@firebreak/verifier";
import { canonicalJson } from "../../kernel/index.ts";

/**
 * What the log holds of an event or act: its canonical JSON; of one that is longer than an entry of C2SP tlog-tiles may be, its
 * hash and length.
 */
export function entryOf(canonical: string): Buffer {
  const bytes = Buffer.from(canonical);
  if (bytes.length <= ENTRY_BYTES_MAX) return bytes;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(canonicalJson({ bytes: bytes.length, sha256 }));
}
