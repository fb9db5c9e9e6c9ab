/** Playbooks as people read them: the library, and one playbook whole. */
import { z } from "zod";
import { incidentType } from "./incident.ts";
import { severity } from "./severity.ts";

const STEP_TYPES = [
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
export type PlaybookStepType = (typeof STEP_TYPES)[number];

const expression = z.string().nullable();
const parameters = z.record(z.string(), z.unknown());
const afterFailure = z.enum(["stop", "continue", "fail_at_end"]);

export const playbookProblem = z.object({
  level: z.enum(["error", "warning"]),
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  remedy: z.string(),
});
export type PlaybookProblemView = z.infer<typeof playbookProblem>;

export const playbookInput = z.object({
  name: z.string(),
  type: z.enum(["string", "number", "boolean", "list"]),
  description: z.string().nullable(),
  required: z.boolean(),
  /** null when it has none */
  default: z.unknown(),
});
export type PlaybookInput = z.infer<typeof playbookInput>;

const playbookHead = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  file: z.string(),
  /** SHA-256 of its text, hexadecimal */
  hash: z.string(),
  version: z.number().int(),
  severity: severity.nullable(),
  appliesTo: z.object({
    rules: z.array(z.string()),
    incidentTypes: z.array(incidentType),
    severities: z.array(severity),
  }),
  inputs: z.array(playbookInput),
});

/** One playbook of the library. */
export const playbookView = playbookHead.extend({
  steps: z.array(z.object({ id: z.string(), phase: z.string(), title: z.string(), type: z.enum(STEP_TYPES) })),
  problems: z.array(playbookProblem),
});
export type PlaybookView = z.infer<typeof playbookView>;

/** A file that does not run before it is mended. */
export const refusedPlaybook = z.object({ id: z.string(), file: z.string(), problems: z.array(playbookProblem) });
export type RefusedPlaybookView = z.infer<typeof refusedPlaybook>;

/** What a step asks before it acts, or what a step of the type `approval` asks. */
const approvalAsk = z.object({
  role: z.string().nullable(),
  people: z.number().int(),
  expiresAfter: z.string(),
  checklist: z.array(z.string()),
});

/** The option of a decision, the branch of a parallel step; `null` label: it has no name of its own. */
const stepGroup = z.object({ id: z.string(), label: z.string(), when: expression, severity: severity.nullable() });

/** One step, in the order of the file; what stands within another names it as its parent, and in which of its options or branches. */
export const playbookStep = z.object({
  id: z.string(),
  title: z.string(),
  type: z.enum(STEP_TYPES),
  phase: z.string(),
  /** counted from 1 in the source */
  line: z.number().int(),
  parent: z.string().nullable(),
  option: z.string().nullable(),
  depth: z.number().int(),
  groups: z.array(stepGroup),
  when: expression,
  timeBox: z.string(),
  onFailure: afterFailure,
  onTimeout: afterFailure,
  required: z.boolean(),
  retries: z.number().int(),
  /** what acts, or is read; with its parameters as they are written */
  effector: z.string().nullable(),
  with: parameters,
  destroysEvidence: z.boolean(),
  /** it changes nothing, so there is nothing to undo */
  onlyReads: z.boolean(),
  undo: z.enum(["none", "auto"]).nullable(),
  approval: approvalAsk.nullable(),
  role: z.string().nullable(),
  remindAfter: z.string().nullable(),
  escalateTo: z.string().nullable(),
  /** the instructions or the question, in the exact words */
  text: z.string().nullable(),
  checklist: z.array(z.string()),
  capture: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      type: z.enum(["string", "number", "boolean"]),
      required: z.boolean(),
    }),
  ),
  /** what must be true, of a verify or a wait */
  expect: expression,
  /** the step that a verify looks at */
  of: z.string().nullable(),
  /** the list that a for-each goes through */
  in: expression,
  atOnce: z.number().int().nullable(),
  otherwise: z.string().nullable(),
  waitFor: z.string().nullable(),
  waitEvery: z.string().nullable(),
  signal: z.string().nullable(),
  playbook: z.string().nullable(),
});
export type PlaybookStepView = z.infer<typeof playbookStep>;

/** One playbook whole. One that does not load has its text and its problems, and as much of the rest as can be read. */
export const playbookDetail = playbookHead.extend({
  runnable: z.boolean(),
  roles: z.array(z.object({ id: z.string(), title: z.string(), access: z.string(), duty: z.string().nullable() })),
  locks: z.array(z.string()),
  onLocked: z.enum(["wait", "refuse"]),
  phases: z.array(z.object({ id: z.string(), timeBox: z.string().nullable() })),
  steps: z.array(playbookStep),
  outputs: z.array(z.object({ name: z.string(), expression: z.string() })),
  text: z.string(),
  problems: z.array(playbookProblem),
  /** the texts that runs began with, newest first */
  versions: z.array(z.object({ hash: z.string(), runs: z.number().int(), firstAt: z.string(), lastAt: z.string() })),
});
export type PlaybookDetail = z.infer<typeof playbookDetail>;

/** Of whom a step would ask what. */
export const stepAskPreview = z.object({
  kind: z.enum(["manual", "decision", "approval"]),
  /** in the exact words */
  what: z.string(),
  /** the playbook's role; null: whoever may run playbooks */
  role: z.string().nullable(),
  access: z.enum(["responder", "commander", "admin"]),
  /** so many different persons */
  people: z.number().int(),
  checklist: z.array(z.string()),
  /** the role that is told when nobody answers */
  escalateTo: z.string().nullable(),
});
export type StepAskPreview = z.infer<typeof stepAskPreview>;

/** What one step of a run would do, with the inputs as they were given. */
export const stepPreview = z.object({
  /** as the step's row in a run; of a for-each step the items are not known yet */
  id: z.string(),
  /** the step that it stands in */
  parent: z.string().nullable(),
  /** the option or branch that it stands in: all are shown */
  option: z.string().nullable(),
  phase: z.string(),
  title: z.string(),
  type: z.enum(STEP_TYPES),
  when: expression,
  timeBox: z.string(),
  required: z.boolean(),
  asks: stepAskPreview.nullable(),
  /** in a few words */
  doing: z.string(),
  effector: z.string().nullable(),
  /** what would run with; texts that earlier steps fill in are still references */
  input: parameters,
  /** what would change, what it would touch, and why it would be refused, a line each */
  changes: z.array(z.string()),
  touches: z.array(z.string()),
  obstacles: z.array(z.string()),
  note: z.string(),
  destroysEvidence: z.boolean(),
  undo: z.enum(["none", "auto"]).nullable(),
  /** why what it does stays whatever a person does to the run; null when it changes nothing or is undone */
  stays: z.string().nullable(),
});
export type StepPreview = z.infer<typeof stepPreview>;

/** What a run would do, without doing anything. */
export const runPreview = z.object({
  playbookId: z.string(),
  hash: z.string(),
  incidentId: z.string().nullable(),
  /** in the order of the file, with all branches */
  steps: z.array(stepPreview),
  asks: z.array(stepAskPreview.extend({ stepId: z.string(), title: z.string() })),
  cannotUndo: z.array(z.object({ stepId: z.string(), title: z.string(), why: z.string() })),
  locks: z.array(z.string()),
  /** the run that has one of them now */
  lockedBy: z.string().nullable(),
});
export type RunPreview = z.infer<typeof runPreview>;
