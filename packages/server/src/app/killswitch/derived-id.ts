import { createHash } from "node:crypto";
import { formatId } from "@firebreak/protocol";
import type { Id, IdKind } from "@firebreak/protocol";

/** The same cause gives the same id: what is done again after a crash is the same thing. */
export function derivedId<K extends IdKind>(kind: K, cause: string): Id<K> {
  const digest = createHash("sha256").update(cause).digest();
  return formatId(kind, digest.readUIntBE(16, 6), digest);
}
