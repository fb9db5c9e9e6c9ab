import { z } from "zod";
import { entityName } from "./event.ts";
import { HOLD_LEVELS, HOLD_SCOPES } from "./holds.ts";

export const holdScope = z.enum(HOLD_SCOPES);

export const holdLevel = z.enum(HOLD_LEVELS);

export const ACTOR_KINDS = ["person", "token", "agent", "rule", "playbook", "daemon", "cli"] as const;
export const actor = z.object({
  kind: z.enum(ACTOR_KINDS),
  id: z.string(),
  name: z.string(),
});
/** Who did something. `cli` is the operating-system user at the keyboard while the server is down. */
export type Actor = z.infer<typeof actor>;

/** One active stop. `target` is null exactly when the scope is global. Times are ISO 8601 in UTC. */
export const hold = z.object({
  id: z.string(),
  epoch: z.number().int(),
  scope: holdScope,
  target: z.string().nullable(),
  level: holdLevel,
  reason: z.string(),
  actor,
  incidentId: z.string().nullable(),
  at: z.string(),
  expiresAt: z.string().nullable(),
});
export type Hold = z.infer<typeof hold>;

/** What is known of one target of a stop. `verified_stopped` needs positive proof; everything else says what is missing. */
export const STOP_STATES = [
  "requested",
  "acknowledged",
  "verified_stopped",
  "unverified",
  "failed",
  "unreachable",
] as const;
export const stopState = z.enum(STOP_STATES);
export type StopState = z.infer<typeof stopState>;

export const processIdentity = z.object({
  pid: z.number().int(),
  /** start time in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names one process for ever */
  startTime: z.string(),
  command: z.string(),
  state: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** The result for one target (one supervised session). `elapsedMs` counts from the stop request to the proof. */
export const stopResult = z.object({
  sessionId: z.string(),
  agentId: z.string(),
  pack: z.string().nullable(),
  level: holdLevel,
  state: stopState,
  elapsedMs: z.number().nullable(),
  /** how it was verified: `cgroup frozen`, `process states`, `cgroup empty`, `no process left`, `gate` … */
  proof: z.string(),
  processes: z.number().int(),
  remaining: z.array(processIdentity),
});
export type StopResult = z.infer<typeof stopResult>;

/** What a stop did, per target. */
export const stopReceipt = z.object({
  stopId: z.string(),
  hold,
  requestedAt: z.string(),
  completedAt: z.string(),
  /** true when every target is `verified_stopped` */
  verified: z.boolean(),
  serverReachable: z.boolean(),
  results: z.array(stopResult),
  /** a stop that goes further by itself: when what runs is asked to end, and when what is left is killed */
  escalation: z.object({ askAt: z.string(), forceAt: z.string() }).optional(),
});
export type StopReceipt = z.infer<typeof stopReceipt>;

export const stopRequest = z
  .strictObject({
    scope: holdScope,
    target: entityName.or(z.string().regex(/^ses_[0-9A-Z]{26}$/)).optional(),
    /** left out: what the kill switch policy says, else freeze (a tool: deny) */
    level: holdLevel.optional(),
    reason: z.string().trim().min(3).max(1000),
    incidentId: z.string().max(64).optional(),
    /** what the policy wants typed to stop everything or a critical pack */
    confirmation: z.string().max(128).optional(),
    /** ends by itself after so long; only a person gives a stop an end */
    expiresInSeconds: z.number().int().min(60).max(2_592_000).optional(),
    /** a test of the kill switch on real agents, which counts as a drill */
    drill: z.boolean().optional(),
  })
  .refine((request) => (request.scope === "global") === (request.target === undefined), {
    message: "a global stop has no target; every other stop needs one",
    path: ["target"],
  })
  .refine((request) => request.scope !== "tool" || (request.level ?? "deny") === "deny", {
    message: "a tool has no processes to freeze or kill: stop it with the level deny",
    path: ["level"],
  });
export type StopRequest = z.infer<typeof stopRequest>;
