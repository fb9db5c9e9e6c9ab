import { z } from "zod";

/** One item of an archive, as its manifest names it. */
export const evidenceItemView = z.object({
  /** its place in the manifest, from 0 */
  index: z.number().int(),
  name: z.string(),
  description: z.string(),
  state: z.enum(["collected", "degraded", "failed"]),
  /** why it is there in part or not at all */
  reason: z.string().nullable(),
  sha256: z.string().nullable(),
  bytes: z.number(),
  collectedAt: z.string(),
});
export type EvidenceItemView = z.infer<typeof evidenceItemView>;

/** What the signed manifest says. */
export const evidenceManifestView = z.object({
  id: z.string(),
  collector: z.string(),
  hostname: z.string(),
  platform: z.string(),
  startedAt: z.string(),
  completedAt: z.string(),
  reason: z.string(),
  manifestSha256: z.string(),
  states: z.object({ collected: z.number().int(), degraded: z.number().int(), failed: z.number().int() }),
  items: z.array(evidenceItemView),
  /** place of the first item of the next page; null at the end */
  next: z.number().int().nullable(),
});
export type EvidenceManifestView = z.infer<typeof evidenceManifestView>;

/** Who had the archive in hands, when, where and why; the audit log holds each entry. */
export const evidenceCustodyView = z.object({
  line: z.number().int(),
  at: z.string(),
  act: z.enum([
    "collected",
    "sealed",
    "verified",
    "read",
    "exported",
    "transferred",
    "stored",
    "restored",
    "held",
    "released",
    "deleted",
  ]),
  actor: z.string(),
  reason: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
});
export type EvidenceCustodyView = z.infer<typeof evidenceCustodyView>;

/** A part of an item as text that nothing runs: control characters are shown as marks. */
export const evidencePreview = z.object({
  name: z.string(),
  kind: z.enum(["text", "json", "hex"]),
  text: z.string(),
  offset: z.number().int(),
  bytes: z.number().int(),
  /** of the whole item */
  bytesTotal: z.number(),
  /** where the next part begins; null at the end */
  next: z.number().int().nullable(),
});
export type EvidencePreview = z.infer<typeof evidencePreview>;
