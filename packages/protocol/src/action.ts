import { z } from "zod";
import { role } from "./access.ts";
import { actor } from "./killswitch.ts";

/**
 * `applying` → `in_force` → `undoing` → `undone` (by a person) or `expired`; `done`: it acted, and there is nothing to
 * take back. `failed`: it is not in effect. `interrupted`: Firebreak died in the middle, and nobody knows yet. `lost`:
 * it was in force and is not any more; it is applied again until it holds.
 */
export const ACTION_STATES = [
  "applying",
  "in_force",
  "lost",
  "interrupted",
  "undoing",
  "done",
  "failed",
  "undone",
  "expired",
] as const;
export const actionState = z.enum(ACTION_STATES);
export type ActionState = z.infer<typeof actionState>;

/** Of these something is, or may be, in effect. */
export const LIVE_ACTION_STATES = [
  "applying",
  "in_force",
  "lost",
  "interrupted",
  "undoing",
] as const satisfies readonly ActionState[];

export function isLiveAction(state: ActionState): boolean {
  return LIVE_ACTION_STATES.some((live) => live === state);
}

const names = z.array(z.string());
/** What is touched, by name. */
export const blastRadius = z.object({ agents: names, hosts: names, services: names, addresses: names });
export type BlastRadiusView = z.infer<typeof blastRadius>;

const actionExpiry = z.enum(["by_undo", "by_itself", "none"]);

export const effectorView = z.object({
  name: z.string(),
  title: z.string(),
  destroysEvidence: z.boolean(),
  expiry: actionExpiry,
  /** who may apply it */
  role,
  /** what is missing for it to work here; empty when it would work */
  missing: z.array(z.object({ what: z.string(), remedy: z.string() })),
  /** JSON Schema of its parameters */
  parameters: z.record(z.string(), z.unknown()),
});
export type EffectorView = z.infer<typeof effectorView>;

export const actionPreview = z.object({
  effector: z.string(),
  title: z.string(),
  changes: z.array(z.string()),
  blastRadius,
  /** why it would be refused as things stand; empty when it would be done */
  obstacles: z.array(z.string()),
  destroysEvidence: z.boolean(),
  expiry: actionExpiry,
  role,
});
export type ActionPreview = z.infer<typeof actionPreview>;

export const actionView = z.object({
  id: z.string(),
  effector: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  state: actionState,
  /** what it was going to change when it was asked for */
  changes: z.array(z.string()),
  blastRadius,
  /** what the effector said last */
  message: z.string().nullable(),
  /** why it is not in effect: an effector's reason */
  failure: z.string().nullable(),
  output: z.record(z.string(), z.unknown()),
  reason: z.string(),
  incidentId: z.string().nullable(),
  requestedBy: actor,
  /** the machine it acts on */
  host: z.string(),
  requestedAt: z.string(),
  appliedAt: z.string().nullable(),
  /** when it was last seen to be in effect */
  verifiedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  endedBy: actor.nullable(),
  endReason: z.string().nullable(),
  /** of the next try while something does not work */
  nextTryAt: z.string().nullable(),
});
export type ActionView = z.infer<typeof actionView>;

/** An effect without an end that nobody remembers is an outage; a year is the longest. */
export const ACTION_SECONDS_MAX = 366 * 86_400;

export const newActionRequest = z.strictObject({
  effector: z.string().min(1).max(64),
  parameters: z.record(z.string().max(128), z.unknown()).default({}),
  reason: z.string().trim().min(3, "say why, in three characters or more").max(1000),
  /** how long it stays in effect; left out: until it is undone */
  forSeconds: z.number().int().min(1).max(ACTION_SECONDS_MAX).optional(),
  incidentId: z.string().min(1).max(64).optional(),
  /** the same key again is the same action: nothing is done twice */
  idempotencyKey: z
    .string()
    .regex(/^[!-~]{1,128}$/, "use up to 128 visible ASCII characters")
    .optional(),
});
export type NewActionRequest = z.infer<typeof newActionRequest>;

export const actionPreviewRequest = z.strictObject({
  parameters: z.record(z.string().max(128), z.unknown()).default({}),
});
export type ActionPreviewRequest = z.infer<typeof actionPreviewRequest>;
