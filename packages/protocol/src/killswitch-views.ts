/** What the API answers about stops and resumes. Times are ISO 8601 in UTC. */
import { z } from "zod";
import { role } from "./access.ts";
import { approvalView } from "./approval.ts";
import { canaryView } from "./canary.ts";
import { actor, hold, holdLevel, stopReceipt } from "./killswitch.ts";
import { restoreView } from "./restore.ts";
import { sessionView } from "./views.ts";

const nullableTime = z.string().nullable();

/** What it takes of whoever asks to resume a stop. */
export const resumeNeeds = z.object({
  holdId: z.string(),
  /** 2: another named person has to approve it */
  persons: z.union([z.literal(1), z.literal(2)]),
  /** why it takes more than a reason; null when a reason is enough */
  why: z.string().nullable(),
  /** what has to be checked, and said to be */
  checklist: z.array(z.string()),
  /** the question that waits for the other person */
  approvalId: z.string().nullable(),
});
export type ResumeNeeds = z.infer<typeof resumeNeeds>;

/** The kill switch policy in force, in our terms. */
export const killswitchPolicyView = z.object({
  /** null: the defaults */
  file: z.string().nullable(),
  globalRole: role,
  packRole: role,
  /** what has to be typed to stop everything */
  confirmation: z.string().nullable(),
  criticalPacks: z.array(z.string()),
  /** to stop a critical pack, its name has to be typed */
  confirmCriticalPacks: z.boolean(),
});
export type KillswitchPolicyView = z.infer<typeof killswitchPolicyView>;

export const killswitchView = z.object({
  epoch: z.number().int(),
  holds: z.array(hold),
  /** false when the journal cannot be read: every gate then denies */
  journalHealthy: z.boolean(),
  history: z.array(
    hold.extend({ releasedAt: nullableTime, releasedBy: actor.nullable(), releaseReason: z.string().nullable() }),
  ),
  /** what it takes to resume each stop in force, by one of its holds */
  resumes: z.array(resumeNeeds),
  policy: killswitchPolicyView,
  canary: canaryView,
  /** returns after a stop of everything, newest first */
  restores: z.array(restoreView),
});
export type KillswitchView = z.infer<typeof killswitchView>;

/** What a stop would touch, shown before it is confirmed. */
export const stopPreview = z.object({
  sessions: z.array(sessionView),
  agents: z.array(z.string()),
  packs: z.array(z.string()),
});
export type StopPreview = z.infer<typeof stopPreview>;

export const resumeRequest = z.strictObject({
  reason: z.string().trim().min(3).max(1000),
  /** the lines of the checklist that were checked */
  checked: z.array(z.string().max(500)).max(50).default([]),
  /** lets everything run again at once where the policy has packs come back in batches */
  atOnce: z.boolean().default(false),
});
export type ResumeRequest = z.infer<typeof resumeRequest>;
export const resumeReceipt = z.object({
  hold,
  /** null when it waits for another person's approval */
  releasedAt: nullableTime,
  approval: approvalView.nullable(),
  /** sessions that run again because no other hold covers them */
  resumed: z.array(z.object({ sessionId: z.string(), agentId: z.string(), state: z.string() })),
});
export type ResumeReceipt = z.infer<typeof resumeReceipt>;

/** The AgentOS runbook's switch: `enabled: false` stops, `enabled: true` lets run again. */
export const switchRequest = z.strictObject({
  enabled: z.boolean(),
  reason: z.string().trim().min(3).max(1000),
  /** to switch on again: the lines of the checklist that were checked */
  checked: z.array(z.string().max(500)).max(50).default([]),
});
export type SwitchRequest = z.infer<typeof switchRequest>;

/** @returns what the switch did; `enabled` is what holds now, and `holds` says why when it is false */
export const switchView = z.object({
  scope: z.enum(["global", "pack"]),
  target: z.string().nullable(),
  enabled: z.boolean(),
  stop: stopReceipt.nullable(),
  resumed: z.array(resumeReceipt),
  holds: z.array(hold),
});
export type SwitchView = z.infer<typeof switchView>;

/** Every pack that was ever seen or is stopped, and whether its agents may run. */
export const packsStatus = z.object({
  global: z.object({ enabled: z.boolean(), holds: z.array(hold) }),
  packs: z.array(
    z.object({
      pack: z.string(),
      enabled: z.boolean(),
      /** the most restrictive level in force on the pack as a whole */
      level: holdLevel.nullable(),
      agents: z.number().int(),
      running: z.number().int(),
      frozen: z.number().int(),
      holds: z.array(hold),
    }),
  ),
});
export type PacksStatus = z.infer<typeof packsStatus>;
