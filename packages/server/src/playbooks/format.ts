import { incidentType, severity } from "@firebreak/protocol";
import { z } from "zod";
import { DURATION_PATTERN } from "./duration.ts";

export const PHASES = ["contain", "investigate", "eradicate", "recover", "communicate", "learn"] as const;

/** Step types that DESIGN 9 names and this version does not run: refused when the file is loaded, never skipped. */
export const STEP_TYPES_NOT_BUILT = ["decision", "parallel", "for-each", "wait", "approval", "sub-playbook"] as const;

export const STEPS_MAX = 200;

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,59}$/)
  .describe("lower-case letters, digits, - and _; starts with a letter");
const inputName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,59}$/);
const sentence = z.string().trim().min(1).max(300);
const prose = z.string().trim().min(1).max(8000);
const duration = z.string().regex(DURATION_PATTERN).describe("a whole number and ms, s, m or h, for example 10s");

const afterFailure = z
  .enum(["stop", "continue", "fail_at_end"])
  .describe(
    "stop: nothing after this step runs and the run fails. continue: the run goes on and ends completed_with_exceptions at best. fail_at_end: the run goes on and ends failed.",
  );

const stepBase = {
  id: identifier,
  title: sentence,
  timeBox: duration.describe("how long the step may take, for example 10s"),
  onTimeout: afterFailure.optional().describe("what happens when the time box runs out; as onFailure when left out"),
  onFailure: afterFailure.default("stop"),
  required: z.boolean().default(true).describe("false: a person may skip the step without making it an exception"),
};

const retries = {
  retries: z.number().int().min(0).max(10).default(0).describe("further tries after the first one failed"),
  retryDelay: duration.default("200ms"),
};

const actionStep = z.strictObject({
  ...stepBase,
  ...retries,
  type: z.literal("action"),
  effector: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/)
    .describe("what acts, for example agent.freeze"),
  with: z
    .record(inputName, z.unknown())
    .default({})
    .describe(
      "the effector's parameters; ${inputs.x}, ${steps.id.output.y}, ${run.id} and ${incident.id} are replaced",
    ),
  undo: z
    .enum(["none", "auto"])
    .describe("auto: undone when a person aborts the run. none: stays in effect, or cannot be undone."),
});

const verifyStep = z.strictObject({
  ...stepBase,
  ...retries,
  type: z.literal("verify"),
  of: identifier.describe("the id of the earlier action whose effect must hold"),
});

const manualStep = z.strictObject({
  ...stepBase,
  type: z.literal("manual"),
  instructions: prose.describe("what a person must do, in the exact words"),
});

const step = z.discriminatedUnion("type", [actionStep, verifyStep, manualStep]);
export type Step = z.output<typeof step>;
export type ActionStep = z.output<typeof actionStep>;
export type VerifyStep = z.output<typeof verifyStep>;
export type ManualStep = z.output<typeof manualStep>;
export type AfterFailure = z.output<typeof afterFailure>;

const input = z.strictObject({
  type: z.enum(["string", "number", "boolean"]),
  description: sentence.optional(),
  required: z.boolean().default(true),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
});

const phase = z.strictObject({ id: z.enum(PHASES), steps: z.array(step).min(1).max(STEPS_MAX) });

/** A playbook file. The JSON Schema for editors is generated from this (`playbook.schema.json`). */
export const playbookDocument = z.strictObject({
  id: identifier,
  title: sentence,
  description: prose,
  appliesTo: z
    .strictObject({
      rules: z.array(z.string().min(1).max(200)).max(100).default([]),
      incidentTypes: z.array(incidentType).default([]),
    })
    .prefault({})
    .describe("what this playbook is for; the profile decides when it starts by itself"),
  severity: severity.optional().describe("1 is critical, 4 is low"),
  inputs: z.record(inputName, input).default({}),
  phases: z.array(phase).min(1).max(PHASES.length),
});
export type PlaybookDocument = z.output<typeof playbookDocument>;
