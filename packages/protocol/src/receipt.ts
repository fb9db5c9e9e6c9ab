/** Signed receipts of stops and resumes: what was done, and how it was proved, for whoever was not there. */
import { z } from "zod";
import { actor, hold, holdLevel, holdScope, stopReceipt } from "./killswitch.ts";

/** An act that was reported of a session after it was proved stopped. */
const actAfterStop = z.strictObject({ eventId: z.string(), kind: z.string(), at: z.string(), sessionId: z.string() });

export const receiptContent = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("stop"),
    version: z.literal(1),
    drill: z.boolean(),
    receipt: stopReceipt,
  }),
  z.strictObject({
    kind: z.literal("resume"),
    version: z.literal(1),
    /** every hold that ended */
    holds: z.array(hold).min(1),
    releasedAt: z.string(),
    releasedBy: actor,
    /** who approved it besides */
    approvedBy: z.array(actor),
    /** why one person was enough for what takes two; null when it was not so */
    alone: z.string().nullable(),
    reason: z.string(),
    resumed: z.array(z.object({ sessionId: z.string(), agentId: z.string(), state: z.string() })),
  }),
  /** an addendum: what became known later says that a proved stop was none; the receipt itself stays as it was signed */
  z.strictObject({
    kind: z.literal("contradiction"),
    version: z.literal(1),
    stopId: z.string(),
    /** SHA-256 of the payload of the receipt that it belongs to, hexadecimal */
    receiptSha256: z.string().regex(/^[0-9a-f]{64}$/),
    completedAt: z.string(),
    foundAt: z.string(),
    acts: z.array(actAfterStop).min(1),
  }),
]);
export type ReceiptContent = z.infer<typeof receiptContent>;

/** As a file: the payload's bytes are what is signed, so that a stock tool can check them. */
export const signedReceipt = z.strictObject({
  type: z.literal("firebreak.receipt.v1"),
  /** canonical JSON (RFC 8785) of the content, as text */
  payload: z.string().max(16_000_000),
  /** SHA-256 of the public key's DER, hexadecimal */
  keyId: z.string().regex(/^[0-9a-f]{64}$/),
  /** Ed25519, PEM */
  publicKey: z.string().max(1_000),
  /** of the payload's UTF-8 bytes, base64 */
  signature: z.string().max(200),
});
export type SignedReceipt = z.infer<typeof signedReceipt>;

/** One line of the history of stops and resumes. */
export const receiptSummary = z.object({
  /** of the stop (stp_…) or of the hold that ended (hld_…) */
  id: z.string(),
  kind: z.enum(["stop", "resume"]),
  at: z.string(),
  holdId: z.string(),
  scope: holdScope,
  target: z.string().nullable(),
  level: holdLevel,
  reason: z.string(),
  by: actor,
  incidentId: z.string().nullable(),
  drill: z.boolean(),
  /** of a stop: whether every target was proved to have stopped; null for a resume */
  verified: z.boolean().nullable(),
  targets: z.number().int(),
  /** from the request to the last proof, ms; null when nothing had to be proved */
  slowestMs: z.number().nullable(),
  /** of a stop: since when acts after its proof contradict it, as its addendum says; null when nothing does */
  contradictedAt: z.string().nullable(),
});
export type ReceiptSummary = z.infer<typeof receiptSummary>;

/** A stop of an incident, and since when its proof is contradicted. */
export const stopView = stopReceipt.extend({ contradictedAt: z.string().nullable() });
export type StopView = z.infer<typeof stopView>;
