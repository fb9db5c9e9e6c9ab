import { z } from "zod";

/** Levels of the resource guard, least first. */
export const GUARD_LEVELS = ["normal", "warn", "critical", "emergency"] as const;
export const guardLevel = z.enum(GUARD_LEVELS);
export type GuardLevel = z.infer<typeof guardLevel>;

export const GUARD_MEASURES = ["cpu", "memory", "disk"] as const;
export type GuardMeasureName = (typeof GUARD_MEASURES)[number];

const percent = z.number();
const time = z.string();

export const guardMeasure = z.object({
  name: z.enum(GUARD_MEASURES),
  percent,
  level: guardLevel,
  /** since when it is at this level */
  since: time,
  trend: z.enum(["rising", "steady", "falling"]),
  /** whether the machine or a limit of the container is what runs short */
  of: z.enum(["host", "container"]),
});
export type GuardMeasure = z.infer<typeof guardMeasure>;

/** One process as the guard saw it. The command line is redacted. */
export const guardProcess = z.object({
  pid: z.number().int(),
  name: z.string(),
  commandLine: z.string(),
  /** of one core, as `top` counts: 200 is two cores */
  cpuPercent: percent,
  memoryBytes: z.number(),
  agentId: z.string().nullable(),
  sessionId: z.string().nullable(),
});
export type GuardProcess = z.infer<typeof guardProcess>;

/** What the guard did about a session in an emergency. */
export const guardStop = z.object({
  at: time,
  agentId: z.string(),
  sessionId: z.string(),
  /** `agent.freeze`, or `agent.kill`, which is only ever asked for */
  effector: z.string(),
  /** applied, waiting for a person, observed, failed … */
  state: z.string(),
});
export type GuardStop = z.infer<typeof guardStop>;

/** What the resource guard of the node that answers knows of its machine. */
export const guardView = z.object({
  host: z.string(),
  /** off: FIREBREAK_RESOURCE_GUARD=off. blind: the machine cannot be read, `problem` says why */
  state: z.enum(["starting", "watching", "blind", "off"]),
  problem: z.string().nullable(),
  level: guardLevel,
  since: time,
  sampledAt: time.nullable(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  diskFreeBytes: z.number().nullable(),
  measures: z.array(guardMeasure),
  /** the newest 60 samples, oldest first, one every 5 seconds */
  history: z.array(z.object({ at: time, cpu: percent, memory: percent, disk: percent })),
  /** what gates are asked for now; null: nothing */
  throttle: z.object({ maxConcurrent: z.number().int(), delayMs: z.number().int(), reason: z.string() }).nullable(),
  /** in the emergency that lasts, and the one before */
  stops: z.array(guardStop),
  /** who uses most, seen last while something was above its first tier */
  top: z.object({ at: time.nullable(), cpu: z.array(guardProcess), memory: z.array(guardProcess) }),
});
export type GuardView = z.infer<typeof guardView>;
