import { z } from "zod";

/** The log over every event and act (RFC 6962, C2SP tlog-tiles). */
export const auditLogView = z.object({
  origin: z.string(),
  /** entries */
  size: z.number().int(),
  /** the newest signed checkpoint */
  checkpoint: z.string(),
  signedAt: z.string(),
  /** keys that signed checkpoints: `name+id+base64` */
  keys: z.array(z.string()),
  /** the newest check of everything since the server began */
  lastCheck: z
    .object({ at: z.string(), intact: z.boolean(), entries: z.number().int(), findings: z.array(z.string()) })
    .nullable(),
});
export type AuditLogView = z.infer<typeof auditLogView>;

/** A signed checkpoint that was kept. */
export const auditHeadView = z.object({ size: z.number().int(), checkpoint: z.string() });
export type AuditHeadView = z.infer<typeof auditHeadView>;

/** Hashes of a tile, 32 bytes each, base64. */
export const auditTileView = z.object({ hashes: z.string() });
export type AuditTileView = z.infer<typeof auditTileView>;

/** Entries under a tile of level 0, base64; null for one that is not stored any more. */
export const auditEntriesView = z.object({ entries: z.array(z.string().nullable()) });
export type AuditEntriesView = z.infer<typeof auditEntriesView>;

/** `proof` is a C2SP tlog-proof; `entry` what was logged, base64. */
export const auditProofView = z.object({ index: z.number().int(), proof: z.string(), entry: z.string() });
export type AuditProofView = z.infer<typeof auditProofView>;

/** What a check of the whole log found; the first thousand findings. */
export const auditVerdictView = z.object({
  intact: z.boolean(),
  origin: z.string().nullable(),
  size: z.number().int(),
  root: z.string().nullable(),
  /** earlier checkpoints that were compared */
  heads: z.number().int(),
  findingsTotal: z.number().int(),
  findings: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      from: z.number().int().optional(),
      to: z.number().int().optional(),
    }),
  ),
  /** entries that are gone, as signed records in the log itself say */
  deletedTotal: z.number().int(),
  /** those records: each with its place in the log, the policy, and how many entries are gone by it */
  deletions: z.array(
    z.object({ record: z.number().int(), at: z.string(), policy: z.string(), entries: z.number().int() }),
  ),
  /** what the tables say otherwise than the log */
  tableFindings: z.array(z.object({ code: z.string(), message: z.string(), table: z.string(), seq: z.number().int() })),
});
export type AuditVerdictView = z.infer<typeof auditVerdictView>;
