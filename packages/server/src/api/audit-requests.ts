import { z } from "zod";
import { page } from "./requests.ts";

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

const text = z
  .string()
  .min(1)
  .max(256)
  .refine((given) => given.isWellFormed() && !/\p{Cc}/u.test(given), "control characters are never recorded");
const time = z.iso.datetime({ offset: true });

/** Which acts are asked for: filters hold all at once. */
export const auditQuery = z.strictObject({
  /** id or name of who did it */
  actor: text.optional(),
  /** an act, or with a dot at its end all of a room: `legal_hold.` */
  action: text.optional(),
  /** what it was done to, exactly */
  target: text.optional(),
  /** stands somewhere in what was recorded, whatever its case */
  text: text.optional(),
  /** acts of this time and later */
  since: time.optional(),
  /** acts before this time */
  until: time.optional(),
  order: z.enum(["newest", "oldest"]).default("oldest"),
  ...page,
});
export type AuditQuery = z.output<typeof auditQuery>;
