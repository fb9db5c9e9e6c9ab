import { z } from "zod";

/** How much evidence is collected: seconds, minutes, or everything that can be had. */
export const EVIDENCE_LEVELS = ["quick", "standard", "full"] as const;
export const evidenceLevel = z.enum(EVIDENCE_LEVELS);
export type EvidenceLevel = z.infer<typeof evidenceLevel>;

/** How complete an archive is: what was had, what only in part, what not at all. */
export const completeness = z.object({
  collected: z.number().int(),
  degraded: z.number().int(),
  failed: z.number().int(),
  /** the incomplete ones by name, the first 200 */
  gaps: z.array(z.object({ name: z.string(), status: z.enum(["degraded", "failed"]), reason: z.string() })),
});
export type Completeness = z.infer<typeof completeness>;

/**
 * A collection of evidence: under way, sealed into the archive of the same id, cut off (its process was killed), or ended
 * by a fault that left nothing to seal.
 */
export const collectionView = z.object({
  id: z.string(),
  state: z.enum(["running", "sealed", "interrupted", "failed"]),
  incidentId: z.string().nullable(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  level: evidenceLevel.nullable(),
  reason: z.string(),
  startedBy: z.string(),
  startedAt: z.string(),
  /** at the latest it is sealed then */
  endsBy: z.string().nullable(),
  /** kinds of evidence that are done, of how many; and what is collected now */
  done: z.number().int(),
  total: z.number().int(),
  current: z.string().nullable(),
  /** what lies in the archive so far */
  items: z.number().int(),
  bytes: z.number(),
  completeness: completeness.nullable(),
  /** why it was cut off or failed, and where what it left lies */
  problem: z.string().nullable(),
});
export type CollectionView = z.infer<typeof collectionView>;
