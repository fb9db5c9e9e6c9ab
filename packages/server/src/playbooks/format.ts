import { incidentType, severity } from "@firebreak/protocol";
import { z } from "zod";
import { DURATION_PATTERN } from "./duration.ts";

export const PHASES = ["contain", "investigate", "eradicate", "recover", "communicate", "learn"] as const;

export const STEP_TYPES = [
  "action",
  "verify",
  "manual",
  "approval",
  "decision",
  "parallel",
  "for-each",
  "wait",
  "sub-playbook",
] as const;

export const STEPS_MAX = 200;

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,59}$/)
  .describe("lower-case letters, digits, - and _; starts with a letter");
const inputName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,59}$/);
const sentence = z.string().trim().min(1).max(300);
const prose = z.string().trim().min(1).max(8000);
const duration = z.string().regex(DURATION_PATTERN).describe("a whole number and ms, s, m, h or d, for example 10s");

const condition = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .describe(
    "a CEL expression that is true or false, over inputs, steps.ID.state, steps.ID.output, run, incident, and each in a for-each",
  );

const afterFailure = z
  .enum(["stop", "continue", "fail_at_end"])
  .describe(
    "stop: nothing after this step runs and the run fails. continue: the run goes on and ends completed_with_exceptions at best. fail_at_end: the run goes on and ends failed.",
  );

const stepBase = {
  id: identifier,
  title: sentence,
  when: condition.optional().describe("false: the step is skipped, which is no exception; left out: it always runs"),
  timeBox: duration.describe("how long the step may take, for example 10s; for a person's step: when it is due"),
  onTimeout: afterFailure.optional().describe("what happens when the time box runs out; as onFailure when left out"),
  onFailure: afterFailure.default("stop"),
  required: z.boolean().default(true).describe("false: a person may skip the step without making it an exception"),
};

/** Who does or answers a step: one of the playbook's roles. Left out: whoever may run playbooks. */
const personBase = {
  role: identifier.optional().describe("one of the playbook's roles; left out: whoever may run playbooks"),
  remindAfter: duration.optional().describe("unanswered for this long: those concerned are told again"),
  escalateTo: identifier.optional().describe("the role that is told, and may answer too, when remindAfter is over"),
};

const approvalAsk = {
  people: z.number().int().min(1).max(3).default(1).describe("so many different persons must say yes"),
  expiresAfter: duration.default("30m").describe("unanswered for this long: it is denied"),
  checklist: z.array(sentence).max(20).default([]).describe("what must be ticked before a yes counts"),
};

const retries = {
  retries: z.number().int().min(0).max(10).default(0).describe("further tries after the first one failed"),
  retryDelay: duration.default("200ms"),
};

const effectorName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/)
  .describe("what acts, for example agent.freeze");
const effectorParameters = z
  .record(inputName, z.unknown())
  .default({})
  .describe(
    "the effector's parameters; ${inputs.x}, ${steps.id.output.y}, ${each}, ${run.id} and ${incident.id} are replaced; ${secrets.NAME} is read when the step acts and kept nowhere",
  );

const actionStep = z.strictObject({
  ...stepBase,
  ...retries,
  type: z.literal("action"),
  effector: effectorName,
  with: effectorParameters,
  undo: z
    .enum(["none", "auto"])
    .describe("auto: undone when a person aborts the run. none: stays in effect, or cannot be undone."),
  approval: z
    .strictObject({ ...personBase, ...approvalAsk })
    .optional()
    .describe("asked before the step acts, with the exact parameters; a no denies the step"),
});

/** A question to the world that changes nothing: an effector that only reads. */
const probe = z.strictObject({ effector: effectorName, with: effectorParameters });

const verifyStep = z
  .strictObject({
    ...stepBase,
    ...retries,
    type: z.literal("verify"),
    of: identifier.optional().describe("the id of the earlier action whose effect must hold"),
    probe: probe.optional().describe("what is read; its output is `output` in `expect`"),
    expect: condition.optional().describe("what must be true, as CEL; with a probe also over `output`"),
  })
  .refine((step) => (step.of === undefined) !== (step.expect === undefined && step.probe === undefined), {
    message: "a verify has either `of`, or `probe`, `expect` or both",
    path: ["of"],
  });

const captured = z.strictObject({
  name: inputName,
  label: sentence,
  type: z.enum(["string", "number", "boolean"]).default("string"),
  required: z.boolean().default(true),
});

const manualStep = z.strictObject({
  ...stepBase,
  ...personBase,
  type: z.literal("manual"),
  instructions: prose.describe(
    "what a person must do, in the exact words; ${inputs.x} and ${steps.id.output.y} are replaced",
  ),
  checklist: z.array(sentence).max(30).default([]).describe("each must be ticked before the step counts as done"),
  capture: z
    .array(captured)
    .max(20)
    .default([])
    .describe("what the person writes down; later steps read it as steps.ID.output.NAME"),
});

/** A go or no-go: what stands in `steps` runs only after a yes, whose digest covers their parameters. */
const approvalFields = z.strictObject({
  ...stepBase,
  ...personBase,
  ...approvalAsk,
  type: z.literal("approval"),
  question: prose.describe("what is approved, in the exact words; references are replaced as in instructions"),
});

const optionFields = z.strictObject({
  id: identifier,
  label: sentence,
  when: condition.optional().describe("true: this option is taken without a person; the first one that is true"),
  severity: severity.optional().describe("the incident gets this severity when the option is taken"),
});

/** The first option whose `when` is true is taken; when none is, a person answers. */
const decisionFields = z.strictObject({
  ...stepBase,
  ...personBase,
  type: z.literal("decision"),
  question: prose,
  otherwise: identifier.optional().describe("the option taken without a person when no `when` is true"),
});

const parallelFields = z.strictObject({
  ...stepBase,
  type: z.literal("parallel"),
});

const branchFields = z.strictObject({ id: identifier, title: sentence.optional() });

const forEachFields = z.strictObject({
  ...stepBase,
  type: z.literal("for-each"),
  in: z
    .string()
    .min(1)
    .max(2000)
    .describe("a CEL expression that is a list; each item is `each`, its position `index`"),
  atOnce: z.number().int().min(1).max(20).default(1).describe("so many items at the same time"),
});

const waitStep = z
  .strictObject({
    ...stepBase,
    type: z.literal("wait"),
    for: z
      .union([duration, z.string().regex(/^\$\{inputs\.[a-zA-Z][a-zA-Z0-9_]{0,59}\}$/)])
      .optional()
      .describe("a time, or ${inputs.x} of an input that is a text with a time"),
    until: condition.optional().describe("a condition, looked at again and again"),
    probe: probe.optional().describe("read before each look at `until`, which sees it as `output`"),
    every: duration.default("5s").describe("between two looks"),
    signal: identifier.optional().describe("a signal that a person or another system sends to the run"),
  })
  .refine(
    (step) => [step.for, step.until, step.signal].filter((one) => one !== undefined).length === 1,
    "a wait has exactly one of `for`, `until` and `signal`",
  );

/** Another playbook's steps, in this run. */
const subPlaybookStep = z.strictObject({
  ...stepBase,
  type: z.literal("sub-playbook"),
  playbook: identifier,
  inputs: z.record(inputName, z.unknown()).default({}),
});

export type ActionStep = z.output<typeof actionStep>;
export type VerifyStep = z.output<typeof verifyStep>;
export type ManualStep = z.output<typeof manualStep>;
export type WaitStep = z.output<typeof waitStep>;
export type SubPlaybookStep = z.output<typeof subPlaybookStep>;
export interface ApprovalStep extends z.output<typeof approvalFields> {
  readonly steps?: readonly Step[] | undefined;
}
export interface DecisionStep extends z.output<typeof decisionFields> {
  readonly options: readonly DecisionOption[];
}
export interface DecisionOption extends z.output<typeof optionFields> {
  readonly steps?: readonly Step[] | undefined;
}
export interface ParallelStep extends z.output<typeof parallelFields> {
  readonly branches: readonly ParallelBranch[];
}
export interface ParallelBranch extends z.output<typeof branchFields> {
  readonly steps: readonly Step[];
}
export interface ForEachStep extends z.output<typeof forEachFields> {
  readonly steps: readonly Step[];
}
export type Step =
  | ActionStep
  | VerifyStep
  | ManualStep
  | ApprovalStep
  | DecisionStep
  | ParallelStep
  | ForEachStep
  | WaitStep
  | SubPlaybookStep;

const stepList: z.ZodType<readonly Step[]> = z.lazy(() => z.array(step).min(1).max(STEPS_MAX));
const step = z.discriminatedUnion("type", [
  actionStep,
  verifyStep,
  manualStep,
  approvalFields.extend({ steps: stepList.optional() }),
  decisionFields.extend({
    options: z
      .array(optionFields.extend({ steps: stepList.optional() }))
      .min(2)
      .max(20),
  }),
  parallelFields.extend({
    branches: z
      .array(branchFields.extend({ steps: stepList }))
      .min(2)
      .max(20),
  }),
  forEachFields.extend({ steps: stepList }),
  waitStep,
  subPlaybookStep,
]);
export type AfterFailure = z.output<typeof afterFailure>;

const input = z.strictObject({
  type: z.enum(["string", "number", "boolean", "list"]),
  description: sentence.optional(),
  required: z.boolean().default(true),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
});

const role = z.strictObject({
  title: sentence,
  access: z.enum(["responder", "commander", "admin"]).default("responder").describe("the role in Firebreak it takes"),
  duty: sentence.optional().describe("what this role does here"),
});

const phase = z.strictObject({
  id: z.enum(PHASES),
  timeBox: duration.optional().describe("what the runbook gives this phase; over it, those concerned are told"),
  steps: stepList,
});

const lock = z
  .string()
  .min(1)
  .max(200)
  .describe("what no two runs may act on at once, for example agent:${inputs.agentId}");

/** A playbook file. The JSON Schema for editors is generated from this (`playbook.schema.json`). */
export const playbookDocument = z.strictObject({
  id: identifier,
  title: sentence,
  description: prose,
  version: z.number().int().min(1).default(1).describe("counted up by its author; a run keeps the text it began with"),
  appliesTo: z
    .strictObject({
      rules: z.array(z.string().min(1).max(200)).max(100).default([]),
      incidentTypes: z.array(incidentType).default([]),
      severities: z.array(severity).default([]),
    })
    .prefault({})
    .describe("what this playbook is for; the profile decides when it starts by itself"),
  severity: severity.optional().describe("1 is critical, 4 is low"),
  roles: z.record(identifier, role).default({}),
  inputs: z.record(inputName, input).default({}),
  locks: z.array(lock).max(10).default([]),
  onLocked: z.enum(["wait", "refuse"]).default("wait").describe("when another run has one of the locks"),
  phases: z.array(phase).min(1).max(PHASES.length),
  outputs: z.record(inputName, condition.describe("a CEL expression")).default({}),
});
export type PlaybookDocument = z.output<typeof playbookDocument>;
