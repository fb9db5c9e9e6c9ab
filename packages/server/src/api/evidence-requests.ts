import { entityName, evidenceLevel } from "@firebreak/protocol";
import { z } from "zod";
import { idOf, incidentId, page } from "./requests.ts";

export const evidenceParams = z.strictObject({ id: idOf("evidence") });
export const evidenceItemParams = z.strictObject({
  id: idOf("evidence"),
  index: z.coerce.number().int().min(0).max(100_000),
});

export const evidenceQuery = z.strictObject({
  incident: incidentId.optional(),
  agent: entityName.optional(),
  session: entityName.optional(),
  ...page,
});
export type EvidenceQuery = z.infer<typeof evidenceQuery>;

/** @param from place of the first item */
export const evidenceItemsQuery = z.strictObject({ from: z.coerce.number().int().min(0).max(100_000).default(0) });
export type EvidenceItemsQuery = z.infer<typeof evidenceItemsQuery>;

/** @param offset of the first byte */
export const evidencePreviewQuery = z.strictObject({
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});
export type EvidencePreviewQuery = z.infer<typeof evidencePreviewQuery>;

export const evidenceExportQuery = z.strictObject({ reason: z.string().trim().min(3).max(1000) });
export type EvidenceExportQuery = z.infer<typeof evidenceExportQuery>;

export const evidenceTransferRequest = z.strictObject({
  /** whom it is handed to: a person, an office, a store */
  to: z.string().trim().min(2).max(300),
  reason: z.string().trim().min(3).max(1000),
});
export type EvidenceTransferRequest = z.infer<typeof evidenceTransferRequest>;

export const newCollectionRequest = z
  .strictObject({
    agentId: entityName.optional(),
    sessionId: entityName.optional(),
    incidentId: incidentId.optional(),
    /** of the server's host, without an agent */
    host: z.literal(true).optional(),
    level: evidenceLevel.default("standard"),
    reason: z.string().trim().min(3).max(1000),
    timeLimitSeconds: z.number().int().min(1).max(86_400).optional(),
    /** also the memory of the agent's processes */
    memory: z.boolean().default(false),
  })
  .refine((body) => body.host !== true || (body.agentId === undefined && body.sessionId === undefined), {
    message: "a collection of the host has no agent and no session",
    path: ["host"],
  });
export type NewCollectionRequest = z.infer<typeof newCollectionRequest>;
