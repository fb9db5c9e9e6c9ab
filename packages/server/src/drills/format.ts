import { runState, severity, stepState } from "@firebreak/protocol";
import { z } from "zod";
import { watchDocument } from "./watches/watch.ts";

const identifier = z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, "use small letters, digits, - and _");
const factName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,59}$/);
const sentence = z.string().trim().min(1).max(300);
const prose = z.string().trim().min(1).max(4000);
const seconds = z.number().int().min(1).max(900);
/** Texts may hold `${…}`: a fact of the sandbox, of a service, or of the fault. */
const values = z.record(factName, z.unknown());

/** A real program that runs in the sandbox before anything goes wrong. */
const service = z.strictObject({ name: identifier, kind: identifier, with: values.default({}) });

/** What the person really does, just before the answer: a command of `firebreak`, or what `kind` says. */
const deed = z.union([
  z.array(z.string().max(1000)).min(1).max(30),
  z.strictObject({ kind: identifier, with: values.default({}) }),
]);
export type DrillDeed = z.output<typeof deed>;

/** How a step that waits for a person is answered. What is not here is answered by nobody. */
const answer = z.strictObject({
  /** the step's id; in a for-each or a sub-playbook, as the run names it or as its playbook does */
  step: z.string().min(1).max(200),
  result: z.enum(["done", "not_done", "skip"]).default("done"),
  note: sentence.default("answered by the drill"),
  /** left out: the whole check-list */
  ticks: z.array(sentence).max(30).optional(),
  captures: values.default({}),
  /** of a decision */
  option: identifier.optional(),
  /** of an approval */
  decision: z.enum(["approved", "denied"]).default("approved"),
  /** who started the run, when a person did, is the first; nobody approves what they asked for */
  by: z.enum(["first", "second", "both"]).default("first"),
  /** in this order */
  does: z.array(deed).max(10).default([]),
});
export type DrillAnswer = z.output<typeof answer>;

/** What must be true at the end. `kind` says how it is looked at. */
const check = z.strictObject({ title: sentence, kind: identifier, with: values.default({}) });
export type DrillCheckFile = z.output<typeof check>;

/** A drill's file: the fault, what must be noticed, who answers what, and what must be true at the end. */
export const drillDocument = z.strictObject({
  playbook: identifier,
  title: sentence,
  /** what of the playbook it does not exercise, though everything is there that it needs */
  omits: sentence.optional(),
  description: prose,
  services: z.array(service).max(10).default([]),
  /** ids of supervised agents that are at work before anything goes wrong, and do no harm */
  agents: z.array(identifier).max(5).default([]),
  /** what a monitor of the team looks at from the start, and reports as telemetry */
  watches: z.array(watchDocument).max(10).default([]),
  /** laid over the profile in the sandbox */
  profile: z.record(z.string(), z.unknown()).default({}),
  fault: z.strictObject({ kind: identifier, with: values.default({}) }),
  detect: z
    .strictObject({
      /** one of these rules must have raised an alert of the incident */
      rules: z.array(z.string().min(1).max(200)).max(20).default([]),
      /** or an alert whose title has this in it */
      title: sentence.optional(),
      withinSeconds: seconds.default(60),
    })
    .refine(({ rules, title }) => rules.length > 0 || title !== undefined, "say which rules, or which title"),
  /** whether the playbook starts by itself, or the first person starts it on the incident, with these inputs */
  start: z.enum(["by_itself", "by_person"]).default("by_itself"),
  inputs: values.default({}),
  /** a playbook that starts by itself, and whose end the person waits for first */
  after: identifier.optional(),
  answers: z.array(answer).max(200).default([]),
  expect: z.strictObject({
    severity: severity.optional(),
    run: runState.extract(["completed", "completed_with_exceptions", "failed"]).default("completed"),
    incident: z.string().max(32).optional(),
    /** steps that end otherwise than succeeded */
    steps: z.record(z.string(), stepState).default({}),
    checks: z.array(check).min(1).max(50),
  }),
  /** the playbook must have ended by then, counted from the fault */
  limitSeconds: seconds.default(120),
});
export type DrillDocument = z.output<typeof drillDocument>;
