import { z } from "zod";
import { actor } from "./killswitch.ts";

/** How far checkpoints of the log have come to one place of the profile. */
export const shipmentView = z.object({
  name: z.string(),
  kind: z.enum(["file", "http", "email", "git", "s3"]),
  /** the file, address, channel, repository or bucket; no secret */
  place: z.string(),
  /** entries of the newest checkpoint that is there; 0 for none */
  size: z.number().int(),
  shippedAt: z.string().nullable(),
  /** what went wrong the last time; null when nothing did */
  problem: z.string().nullable(),
  failingSince: z.string().nullable(),
  /** what to do about the problem */
  remedy: z.string().nullable(),
  /** it is tried again by itself; null when nothing failed */
  nextTryAt: z.string().nullable(),
  /** behind for longer than the profile allows */
  isLate: z.boolean(),
});
export type ShipmentView = z.infer<typeof shipmentView>;
export const shipmentList = z.object({ items: z.array(shipmentView) });
export type ShipmentList = z.infer<typeof shipmentList>;

/** One act of a person, agent, rule or daemon, as it was recorded. */
export const auditView = z.object({
  seq: z.number().int(),
  at: z.string(),
  actor,
  action: z.string(),
  target: z.string().nullable(),
  /** hexadecimal leaf hash (RFC 6962) */
  leafHash: z.string(),
  /** the canonical JSON that was hashed */
  leaf: z.string(),
});
export type AuditView = z.infer<typeof auditView>;

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
  /** notes by which one of them handed over to the next */
  keyChanges: z.array(z.string()),
  /** where the profile sends checkpoints */
  shipments: z.array(shipmentView),
  /** what the profile's witnesses say; null when it names none */
  witnessed: z
    .object({
      /** so many must cosign one checkpoint */
      required: z.number().int(),
      /** the newest checkpoint that so many cosigned, with their lines */
      checkpoint: z.string().nullable(),
      /** its entries; 0 for none */
      size: z.number().int(),
      witnesses: z.array(
        z.object({
          name: z.string(),
          /** entries of the newest checkpoint that it cosigned; 0 for none */
          size: z.number().int(),
          cosignedAt: z.string().nullable(),
          /** where it is asked; null when it brings its cosignatures itself */
          url: z.string().nullable(),
          /** what is wrong with it, or with the log in its eyes */
          problem: z.string().nullable(),
          failingSince: z.string().nullable(),
          /** it saw another history of this log */
          contradicts: z.boolean(),
          /** what to do about the problem */
          remedy: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
  /** how far the check of the day has come; null while there is none */
  checking: z.object({ done: z.number().int(), size: z.number().int() }).nullable(),
  /** the newest check of everything on this node */
  lastCheck: z
    .object({ at: z.string(), intact: z.boolean(), entries: z.number().int(), findings: z.array(z.string()) })
    .nullable(),
});
export type AuditLogView = z.infer<typeof auditLogView>;

/** Checkpoints that were kept elsewhere: with them a log that was replaced as a whole is found. */
export const verifyLogRequest = z.strictObject({ trusted: z.array(z.string().max(65_536)).max(1_000).default([]) });
export type VerifyLogRequest = z.infer<typeof verifyLogRequest>;

export const rotateKeyRequest = z.strictObject({
  /** days in which the old key signs too */
  overlapDays: z.number().int().min(0).max(365).default(7),
});
export type RotateKeyRequest = z.infer<typeof rotateKeyRequest>;

/** The log's key handed over to a new one. `change` is the note of it, for whoever holds the old key. */
export const rotatedKeyView = z.object({
  from: z.string(),
  to: z.string(),
  change: z.string(),
  overlapUntil: z.string(),
});
export type RotatedKeyView = z.infer<typeof rotatedKeyView>;

/** A signed checkpoint of this log with cosignatures of witnesses under it (C2SP tlog-cosignature). */
export const cosignaturesRequest = z.strictObject({ checkpoint: z.string().min(1).max(65_536) });
export type CosignaturesRequest = z.infer<typeof cosignaturesRequest>;

/** Witnesses whose cosignatures were kept. */
export const cosignaturesView = z.object({ witnesses: z.array(z.string()) });
export type CosignaturesView = z.infer<typeof cosignaturesView>;

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
  /** the newest checkpoint that enough of the profile's witnesses cosigned */
  witnessed: z.object({ size: z.number().int(), witnesses: z.array(z.string()) }).nullable(),
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
