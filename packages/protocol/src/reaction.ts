/** Automatic containment: what rules of the profile did, asked for, or would have done. */
import { z } from "zod";

/** observe: says what it would do. ask: a person approves first. act: does it at once. */
export const CONTAINMENT_MODES = ["observe", "ask", "act"] as const;
export const containmentMode = z.enum(CONTAINMENT_MODES);
export type ContainmentMode = z.infer<typeof containmentMode>;

/**
 * `deciding` → `observed`, `waiting` (for a person) or `applying`; `waiting` → `applying`, `denied` or `expired`;
 * `applying` → `applied` or `failed`.
 */
export const REACTION_STATES = [
  "deciding",
  "observed",
  "waiting",
  "applying",
  "applied",
  "failed",
  "denied",
  "expired",
] as const;
export const reactionState = z.enum(REACTION_STATES);
export type ReactionState = z.infer<typeof reactionState>;

/** What holds an automatic act back and has it asked for instead. */
export const RAILS = ["self", "late", "quiet", "evidence", "rule_hour", "hour", "fleet"] as const;
export const rail = z.enum(RAILS);
export type Rail = z.infer<typeof rail>;

const time = z.string();
const names = z.array(z.string());
/** What is or would be touched, by name. */
export const reactionRadius = z.object({ agents: names, hosts: names, services: names, addresses: names });
export type ReactionRadius = z.infer<typeof reactionRadius>;

export const reactionView = z.object({
  id: z.string(),
  /** name of the rule in the profile, or the id of the detection rule that binds a playbook */
  rule: z.string(),
  /** what set it off: the alert's title */
  title: z.string(),
  mode: containmentMode,
  state: reactionState,
  kind: z.enum(["effector", "playbook"]),
  /** name of the effector, or id of the playbook */
  what: z.string(),
  target: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  /** what would change, a line each; empty for what acted at once */
  changes: names,
  blastRadius: reactionRadius,
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
  incidentId: z.string().nullable(),
  alertId: z.string().nullable(),
  /** the guard rail that held it back, or would have held it back, and why */
  rail: rail.nullable(),
  railReason: z.string().nullable(),
  /** what came of it, or why not */
  message: z.string().nullable(),
  approvalId: z.string().nullable(),
  actionId: z.string().nullable(),
  runId: z.string().nullable(),
  at: time,
  updatedAt: time,
});
export type ReactionView = z.infer<typeof reactionView>;

const count = z.number().int().nonnegative();

/** How often a rule did what within a time. `held`: an act that a guard rail turned into a question. */
export const reactionCounts = z.object({
  observed: count,
  acted: count,
  asked: count,
  held: count,
  failed: count,
  agents: count,
});
export type ReactionCounts = z.infer<typeof reactionCounts>;

export const containmentRuleView = z.object({
  name: z.string(),
  /** from `containment.rules`, or a detection rule bound to a playbook under `detectors` */
  origin: z.enum(["containment", "detectors", "playbooks"]),
  mode: containmentMode,
  kind: z.enum(["effector", "playbook"]),
  what: z.string(),
  /** what sets it off, in words */
  trigger: z.string(),
  /** why it cannot work as it stands; null when it can */
  problem: z.string().nullable(),
  /** in the last 24 hours */
  counts: reactionCounts,
});
export type ContainmentRuleView = z.infer<typeof containmentRuleView>;

export const containmentView = z.object({
  rules: z.array(containmentRuleView),
  limits: z.object({
    actionsPerHour: count,
    actionsPerRulePerHour: count,
    fleetShare: z.number(),
    quietMinutes: z.number(),
    lateMinutes: z.number(),
  }),
  /** how much of the limits is used now */
  used: z.object({
    actionsThisHour: count,
    agentsThisHour: count,
    agentsActive: count,
    agentsAllowed: count,
  }),
  waiting: count,
});
export type ContainmentView = z.infer<typeof containmentView>;

/** What automatic containment did and would have done from `from` to `to`. */
export const containmentReport = z.object({
  from: time,
  to: time,
  rules: z.array(
    reactionCounts.extend({
      name: z.string(),
      title: z.string(),
      what: z.string(),
      mode: containmentMode,
      /** per guard rail, how often it held or would have held */
      rails: z.record(z.string(), count),
    }),
  ),
  /** everything that was or would have been touched */
  blastRadius: reactionRadius,
  /** the newest 200 */
  reactions: z.array(reactionView),
  total: count,
});
export type ContainmentReport = z.infer<typeof containmentReport>;
