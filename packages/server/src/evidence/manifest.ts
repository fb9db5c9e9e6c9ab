import { CUSTODY_ACTS } from "@firebreak/verifier";
import { z } from "zod";

/**
 * The manifest of an archive: the fields of the OpenClaw collectors' chain-of-custody file, so that tools written for
 * it can read ours, plus the archive's id and format. It is signed as the exact bytes on disk.
 */
export const MANIFEST_FORMAT = "firebreak-evidence/1";

export const evidenceItem = z.strictObject({
  name: z.string().min(1).max(512),
  /** path inside the archive, `blobs/<sha256>`; null when nothing could be had */
  file_path: z
    .string()
    .regex(/^blobs\/[0-9a-f]{64}$/)
    .nullable(),
  description: z.string(),
  checksum_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  file_size_bytes: z.number().int().nonnegative(),
  collected_at: z.string(),
  status: z.enum(["collected", "degraded", "failed"]),
  /** why an item is degraded or failed */
  reason: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
});
export type EvidenceItem = z.infer<typeof evidenceItem>;

export const evidenceManifest = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  archive_id: z.string().regex(/^evd_[0-9A-Z]{26}$/),
  incident_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  session_id: z.string().nullable(),
  reason: z.string(),
  collector: z.string(),
  hostname: z.string(),
  platform: z.string(),
  collection_started: z.string(),
  collection_completed: z.string(),
  total_evidence_items: z.number().int().nonnegative(),
  evidence_items: z.array(evidenceItem).max(100_000),
});
export type EvidenceManifest = z.infer<typeof evidenceManifest>;

export const manifestSignature = z.strictObject({
  algorithm: z.literal("Ed25519"),
  /** SHA-256 of the public key's DER, hexadecimal */
  key_id: z.string().regex(/^[0-9a-f]{64}$/),
  public_key_pem: z.string().max(1000),
  manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature_base64: z.string().max(200),
});
export type ManifestSignature = z.infer<typeof manifestSignature>;

/** One line of `custody.jsonl`. `prev_sha256` is the hash of the line before it, 64 zeros at the start. */
export const custodyEntry = z.strictObject({
  at: z.string(),
  act: z.enum(CUSTODY_ACTS),
  actor: z.string(),
  reason: z.string(),
  /** the address or host that the actor was at; left out when it is not known */
  from: z.string().optional(),
  /** whom it was handed to; only when it was transferred */
  to: z.string().optional(),
  manifest_sha256: z.string(),
  prev_sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type CustodyEntry = z.infer<typeof custodyEntry>;

export const FILES = {
  manifest: "manifest.json",
  signature: "manifest.sig.json",
  custody: "custody.jsonl",
  blobs: "blobs",
} as const;
