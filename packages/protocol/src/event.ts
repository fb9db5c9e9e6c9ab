import { z } from "zod";
import type { IndicatorHit } from "./indicator.ts";

export const EVENT_KINDS = [
  "tool_call",
  "command",
  "prompt",
  "model_output",
  "auth",
  "network",
  "file",
  "message",
  "metric",
  "heartbeat",
  "lifecycle",
  "transaction",
  "log",
] as const;

export const eventKind = z.enum(EVENT_KINDS);
export type EventKind = z.infer<typeof eventKind>;

/** Names that identify agents, packs, tools: printable, without spaces or path separators. */
export const entityName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, "use letters, digits and . _ : @ -, beginning with a letter or digit");

/** Names from other systems: any printable text of one line, so that no store, log or terminal stumbles over it. */
export const printableName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "use printable characters only: no control characters, no halves of a surrogate pair");

export const agentRef = z.strictObject({
  pack: entityName.optional(),
  id: entityName,
  session: printableName.optional(),
  run: printableName.optional(),
});
export type AgentRef = z.infer<typeof agentRef>;

const isoTime = z.iso.datetime({ offset: true });

/**
 * One telemetry record as a sender gives it. `id` is the idempotency key: the same id at the same time is counted once;
 * an id therefore needs a `time`. Without both, the receiver makes them.
 */
export const agentEventInput = z
  .strictObject({
    id: printableName.optional(),
    time: isoTime.optional(),
    source: printableName.optional(),
    agent: agentRef,
    kind: eventKind,
    outcome: z.enum(["success", "failure", "denied", "unknown"]).optional(),
    risk: z.enum(["low", "medium", "high", "critical"]).optional(),
    resource: z.string().max(4096).optional(),
    data: z.record(z.string(), z.json()).optional(),
  })
  .refine((event) => event.id === undefined || event.time !== undefined, {
    message: "an event with an id needs its time, or a repeat cannot be recognised",
    path: ["time"],
  });
export type AgentEventInput = z.infer<typeof agentEventInput>;

/** What is taken out of events before they are stored: secrets first, then what tells of a person, then own patterns. */
export const REDACTION_CATEGORIES = [
  "KEY",
  "PWD",
  "SSN",
  "CC",
  "BANK",
  "EMAIL",
  "PHONE",
  "ADDR",
  "NAME",
  "DOB",
  "IP",
  "USER",
  "LOC",
  "CUSTOM",
] as const;
export const redactionCategory = z.enum(REDACTION_CATEGORIES);
export type RedactionCategory = z.infer<typeof redactionCategory>;

/**
 * How often something of one kind was found at one place of an event; `type` names the form, such as `github_token`.
 * `kept`: the originals were kept encrypted, for those who may reveal them.
 */
export const redactionFact = z.object({
  category: redactionCategory,
  type: z.string(),
  path: z.string(),
  count: z.number().int(),
  kept: z.literal(true).optional(),
});
export type RedactionFact = z.infer<typeof redactionFact>;

/** One stored telemetry record. `time` is the source's clock, `receivedTime` ours; both ISO 8601 in UTC. */
export interface AgentEvent {
  readonly seq: number;
  readonly id: string;
  readonly time: string;
  readonly receivedTime: string;
  readonly source: string;
  readonly agent: AgentRef;
  readonly kind: EventKind;
  readonly outcome: "success" | "failure" | "denied" | "unknown";
  readonly risk?: "low" | "medium" | "high" | "critical";
  readonly resource?: string;
  readonly data: Record<string, unknown>;
  /** what the intake found; never given by a sender */
  readonly redacted?: readonly RedactionFact[];
  /** the indicators of compromise that the intake met in it */
  readonly indicators?: readonly IndicatorHit[];
}

/** Limits of the intake, in bytes, lines and levels. */
export const INTAKE_LIMITS = {
  bodyBytesMax: 16 * 1024 * 1024,
  eventBytesMax: 256 * 1024,
  eventsPerRequestMax: 20_000,
  jsonDepthMax: 32,
} as const;

/** The answer to a batch: what was stored, what was known already, and each line that was refused with its reason. */
export const intakeReceipt = z.object({
  accepted: z.number().int(),
  duplicates: z.number().int(),
  rejected: z.array(z.object({ line: z.number().int(), message: z.string() })),
  rejectedTotal: z.number().int(),
});
export type IntakeReceipt = z.infer<typeof intakeReceipt>;
