import { z } from "zod";

/** Beyond it no log goes: a tile holds 256 hashes. */
const treePlace = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const auditTileParams = z.strictObject({ level: z.coerce.number().int().min(0).max(6), index: treePlace });
export const auditEntriesParams = z.strictObject({ index: treePlace });
export const auditProofQuery = z.strictObject({
  /** `seq` of an event */
  event: treePlace.optional(),
  /** `seq` of an act */
  act: treePlace.optional(),
  /** place in the log */
  index: treePlace.optional(),
});
export type AuditProofQuery = z.output<typeof auditProofQuery>;
