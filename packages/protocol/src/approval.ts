/** Questions that a person has to answer before something is done. */
import { z } from "zod";
import { role } from "./access.ts";
import { actor } from "./killswitch.ts";

/** `used`: what was approved has been done, and cannot be done again with this approval. */
export const APPROVAL_STATES = ["pending", "approved", "denied", "expired", "used"] as const;
export const approvalState = z.enum(APPROVAL_STATES);
export type ApprovalState = z.infer<typeof approvalState>;

export const approvalAnswer = z.enum(["approved", "denied"]);
export type ApprovalAnswer = z.infer<typeof approvalAnswer>;

/** One question: what would happen, on what, with exactly which arguments, and who has said what to it. */
export const approvalView = z.object({
  id: z.string(),
  /** what the answer allows: `killswitch.resume` */
  kind: z.string(),
  title: z.string(),
  /** on what: a hold, an agent, a pack */
  target: z.string().nullable(),
  /** why it is asked */
  reason: z.string(),
  /** exactly what would be done */
  arguments: z.record(z.string(), z.unknown()),
  /** SHA-256 (hexadecimal) of the canonical JSON of kind, arguments and a nonce; an answer repeats it */
  digest: z.string(),
  /** what would change, a line each */
  preview: z.array(z.string()),
  /** what whoever approves has to have checked, one by one */
  checklist: z.array(z.string()),
  incidentId: z.string().nullable(),
  requestedBy: actor,
  requestedAt: z.string(),
  expiresAt: z.string(),
  /** the least role that may answer */
  role,
  /** how many different persons, other than who asks, must approve */
  answersNeeded: z.number().int(),
  answers: z.array(z.object({ by: actor, answer: approvalAnswer, reason: z.string(), at: z.string() })),
  state: approvalState,
  decidedAt: z.string().nullable(),
  usedAt: z.string().nullable(),
  /** what came of it, once used */
  outcome: z.string().nullable(),
  /** when those concerned were told again, because nobody had answered */
  askedAgainAt: z.string().nullable(),
  /** who approved it alone because nobody else could be reached */
  breakGlass: z.object({ by: actor, reason: z.string(), at: z.string() }).nullable(),
  /** what another person found about that; until then it stays open */
  reviewed: z
    .object({ by: actor, verdict: z.enum(["justified", "not_justified"]), note: z.string(), at: z.string() })
    .nullable(),
  /** why whoever reads this may not approve it; null when they may */
  refusal: z.string().nullable(),
});
export type ApprovalView = z.infer<typeof approvalView>;

export const answerApprovalRequest = z.strictObject({
  answer: approvalAnswer,
  reason: z.string().trim().min(3, "say why, in three characters or more").max(1000),
  /** the digest of what was shown: an answer to something else is refused */
  digest: z.string().regex(/^[0-9a-f]{64}$/, "repeat the digest of the question that you answer"),
  /** the lines of the checklist that were checked; to approve, all of them */
  checked: z.array(z.string().max(500)).max(50).default([]),
});
export type AnswerApprovalRequest = z.infer<typeof answerApprovalRequest>;

/** A commander says yes alone, in an incident of severity 1, for persons who cannot be reached. */
export const breakGlassRequest = answerApprovalRequest.omit({ answer: true });
export type BreakGlassRequest = z.infer<typeof breakGlassRequest>;

export const reviewApprovalRequest = z.strictObject({
  verdict: z.enum(["justified", "not_justified"]),
  note: z.string().trim().min(3, "say what you found, in three characters or more").max(1000),
});
export type ReviewApprovalRequest = z.infer<typeof reviewApprovalRequest>;

/** The secret behind the `#` of the link that a person was sent, by which they answer this one question. */
const answerToken = z.string().min(1).max(256);
export const openAnswerLinkRequest = z.strictObject({ token: answerToken });
export type OpenAnswerLinkRequest = z.infer<typeof openAnswerLinkRequest>;

export const answerByLinkRequest = answerApprovalRequest.extend({ token: answerToken });
export type AnswerByLinkRequest = z.infer<typeof answerByLinkRequest>;

/** A question, and as whom the link answers it. */
export const answerLinkView = z.object({ person: z.string(), approval: approvalView });
export type AnswerLinkView = z.infer<typeof answerLinkView>;
