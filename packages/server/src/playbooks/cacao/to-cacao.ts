import { toIso } from "../../kernel/index.ts";
import { parseDuration } from "../duration.ts";
import type { ActionStep, PHASES, PlaybookDocument, Step } from "../format.ts";
import { FIREBREAK_EXTENSION, FIREBREAK_IDENTITY } from "./format.ts";
import { playbookIdentifier, stepIdentifier } from "./identifiers.ts";

type Phase = (typeof PHASES)[number];

/** What a phase is in the vocabularies of CACAO 2.0, sections 3.1.1 and 3.1.2. */
const PHASE_TYPES: Readonly<Record<Phase, { readonly type: string; readonly activity: string } | null>> = {
  contain: { type: "mitigation", activity: "restrict-access" },
  investigate: { type: "investigation", activity: "analyze-collected-data" },
  eradicate: { type: "remediation", activity: "eliminate-risk" },
  recover: { type: "remediation", activity: "restore-capabilities" },
  communicate: { type: "notification", activity: "deliver-content" },
  learn: null,
};

/** CACAO counts from 0 (unknown) and 1 (lowest) to 100 (highest). */
const SEVERITIES = { 1: 100, 2: 75, 3: 50, 4: 25 } as const;

const VARIABLE_TYPES = { string: "string", number: "float", boolean: "bool", list: "string" } as const;

const PERSON = "individual--4b2f9a6d-1c38-4e57-9f0a-6d8e21c7b534";
const MACHINE = "organization--a81c3e5f-7d90-4c26-8b1e-3f5a92d06c7e";

type Node = Readonly<Record<string, unknown>>;

/** A playbook being written: its nodes, and where a branch goes when one of its steps fails. */
interface Writing {
  readonly key: string;
  readonly nodes: Map<string, Node>;
}

/** Where steps lead: to what comes after them, and to the end of their branch. */
interface Lead {
  readonly next: string;
  readonly failed: string;
}

/**
 * Writes a playbook as CACAO 2.0 JSON. A person or another executor reads what is to be done in `manual` commands; what
 * only Firebreak knows travels in an extension, so that reading it back gives the same playbook.
 *
 * @param changedAt milliseconds since 1970: CACAO's `created` and `modified`
 */
export function toCacao(document: PlaybookDocument, changedAt: number): Record<string, unknown> {
  const kinds = document.phases.flatMap(({ id }) => PHASE_TYPES[id] ?? []);
  const types = [...new Set(kinds.map(({ type }) => type))];
  const id = playbookIdentifier(document.title, types);
  const writing: Writing = { key: document.id, nodes: new Map() };
  const start = stepIdentifier("start", document.id, "");
  const end = writeEnd(writing, "");
  const failed = writeEnd(writing, "failed");
  let next = end;
  for (const phase of document.phases.toReversed()) {
    next = writeList(writing, phase.steps, { next, failed }, phase.id);
  }
  const workflow = { [start]: { type: "start", name: document.title, on_completion: next } };
  for (const [key, node] of [...writing.nodes].toReversed()) workflow[key] = node as (typeof workflow)[string];
  const { phases: _phases, description, title, ...rest } = document;
  return {
    type: "playbook",
    spec_version: "cacao-2.0",
    id,
    name: title,
    description,
    ...(types.length > 0
      ? { playbook_types: types, playbook_activities: [...new Set(kinds.map((k) => k.activity))] }
      : {}),
    created_by: FIREBREAK_IDENTITY,
    created: toIso(changedAt),
    modified: toIso(changedAt),
    ...(document.severity === undefined ? {} : { severity: SEVERITIES[document.severity] }),
    labels: ["firebreak", document.id],
    ...(Object.keys(document.inputs).length > 0 ? { playbook_variables: variablesOf(document) } : {}),
    workflow_start: start,
    workflow,
    playbook_extensions: { [FIREBREAK_EXTENSION]: { playbook: rest } },
    agent_definitions: {
      [PERSON]: { type: "individual", name: "Responder", description: "a person of the team" },
      [MACHINE]: { type: "organization", name: "Firebreak", description: "acts by the effector that the step names" },
    },
    extension_definitions: { [FIREBREAK_EXTENSION]: EXTENSION },
  };
}

const EXTENSION = {
  type: "extension-definition",
  name: "Firebreak playbook",
  description: "The members of a Firebreak playbook and of its steps that CACAO has no place for.",
  created_by: FIREBREAK_IDENTITY,
  schema:
    "In playbook_extensions: `playbook`, the members of a Firebreak playbook without title, description and phases. In step_extensions: `step`, the step without the steps within it, with `phase`; or `helper_of`, the id of the step that this node belongs to.",
  version: "1.0.0",
} as const;

function variablesOf({ inputs }: PlaybookDocument): Record<string, unknown> {
  const variables = Object.entries(inputs).map(([name, input]) => {
    const value = input.default === undefined ? null : textOf(input.default);
    const described = input.description === undefined ? {} : { description: input.description };
    return [variableName(name), { type: VARIABLE_TYPES[input.type], ...described, value, external: true }];
  });
  return Object.fromEntries(variables);
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const variableName = (name: string) => `__${name}__`;

/** Texts name inputs as CACAO's variables. */
function toVariables(text: string): string {
  return text.replaceAll(/\$\{inputs\.([A-Za-z0-9_]+)\}/g, (_whole, name: string) => `${variableName(name)}:value`);
}

function writeEnd({ key, nodes }: Writing, of: string): string {
  const id = stepIdentifier("end", key, of);
  nodes.set(id, { type: "end" });
  return id;
}

/** @returns the first node of the list */
function writeList(writing: Writing, steps: readonly Step[], lead: Lead, phase: Phase | null): string {
  let { next } = lead;
  for (const step of steps.toReversed()) next = writeStep(writing, step, { ...lead, next }, phase);
  return next;
}

/** A list of its own: it ends at its own end, as CACAO asks of every branch. */
function writeBranch(writing: Writing, steps: readonly Step[], of: string): string {
  const next = writeEnd(writing, of);
  return steps.length === 0 ? next : writeList(writing, steps, { next, failed: next }, null);
}

function writeStep(writing: Writing, step: Step, lead: Lead, phase: Phase | null): string {
  if (step.when === undefined) return writeCore(writing, step, lead, phase);
  const end = writeEnd(writing, `${step.id}/when`);
  const first = writeCore(writing, step, { next: end, failed: end }, phase);
  return writeNode(writing, "if-condition", `${step.id}/when`, {
    name: `Only when: ${step.when}`.slice(0, 250),
    description: `A condition in CEL: ${step.when}`,
    condition: `${variableName(`when_${variablePart(step.id)}`)}:value = 'true'`,
    on_true: first,
    on_completion: lead.next,
    step_extensions: helperOf(step),
  });
}

const variablePart = (id: string) => id.replaceAll("-", "_");
const helperOf = (step: Step) => ({ [FIREBREAK_EXTENSION]: { helper_of: step.id } });

function writeNode(writing: Writing, type: string, of: string, members: Node): string {
  const id = stepIdentifier(type, writing.key, of);
  // a node is set anew so that the first one written last comes first in the file
  writing.nodes.delete(id);
  writing.nodes.set(id, { type, ...members });
  return id;
}

/** What every node of a step says; after a failure the run stops, or goes on, as the step has it. */
function commonOf(step: Step, lead: Lead, phase: Phase | null, own: Node): Node {
  const goesOn = step.onFailure !== "stop" || lead.failed === lead.next;
  return {
    name: step.title,
    timeout: parseDuration(step.timeBox) ?? 0,
    ...(goesOn ? { on_completion: lead.next } : { on_success: lead.next, on_failure: lead.failed }),
    step_extensions: { [FIREBREAK_EXTENSION]: { step: own, ...(phase === null ? {} : { phase }) } },
  };
}

function writeCore(writing: Writing, step: Step, lead: Lead, phase: Phase | null): string {
  const common = (own: Node) => commonOf(step, lead, phase, own);
  switch (step.type) {
    case "action":
      return writeAction(writing, step, lead, phase);
    case "verify":
      return writeNode(writing, "action", step.id, { ...common(step), ...byMachine(describeVerify(step)) });
    case "manual":
      return writeNode(writing, "action", step.id, { ...common(step), ...byPerson(describeManual(step)) });
    case "wait": {
      const delay = step.for === undefined ? null : parseDuration(step.for);
      const delayed = delay === null ? {} : { delay };
      return writeNode(writing, "action", step.id, { ...common(step), ...delayed, ...byMachine(describeWait(step)) });
    }
    case "sub-playbook": {
      const target = { playbook_id: playbookIdentifier(step.playbook, []) };
      return writeNode(writing, "playbook-action", step.id, { ...common(step), ...target });
    }
    case "approval": {
      const { steps = [], ...own } = step;
      const on_true = writeBranch(writing, steps, `${step.id}/yes`);
      const members = { ...common(own), condition: answered(step, "yes"), on_true };
      return writeAsk(writing, step, step.question, writeNode(writing, "if-condition", step.id, members));
    }
    case "decision": {
      const cases = step.options.map((option) => [
        option.id,
        writeBranch(writing, option.steps ?? [], `${step.id}/${option.id}`),
      ]);
      const options = step.options.map(({ steps: _steps, ...option }) => option);
      const own = { ...step, options };
      const members = { ...common(own), switch: `${answerOf(step)}:value`, cases: Object.fromEntries(cases) };
      const labels = step.options.map(({ id, label }) => `${id}: ${label}`).join("\n");
      return writeAsk(
        writing,
        step,
        `${step.question}\n${labels}`,
        writeNode(writing, "switch-condition", step.id, members),
      );
    }
    case "parallel": {
      const next_steps = step.branches.map((one) => writeBranch(writing, one.steps, `${step.id}/${one.id}`));
      const branches = step.branches.map(({ steps: _steps, ...branch }) => branch);
      return writeNode(writing, "parallel", step.id, { ...common({ ...step, branches }), next_steps });
    }
    case "for-each": {
      const { steps, ...own } = step;
      const on_true = writeBranch(writing, steps, `${step.id}/each`);
      const more = `${variableName(`more_${variablePart(step.id)}`)}:value = 'true'`;
      const description = `For each of: ${step.in}`;
      return writeNode(writing, "while-condition", step.id, { ...common(own), description, condition: more, on_true });
    }
    default:
      return step satisfies never;
  }
}

/** An action that must be approved is asked for first; a no leads to the end. */
function writeAction(writing: Writing, step: ActionStep, lead: Lead, phase: Phase | null): string {
  const members = { ...commonOf(step, lead, phase, step), ...byMachine(describeAction(step)) };
  const action = writeNode(writing, "action", step.id, members);
  if (step.approval === undefined) return action;
  return writeNode(writing, "action", `${step.id}/ask`, {
    name: `Approve: ${step.title}`,
    on_success: action,
    on_failure: lead.failed,
    step_extensions: helperOf(step),
    ...byPerson(`Approve or deny: ${describeAction(step)}`),
  });
}

const answerOf = (step: Step) => variableName(`answer_${variablePart(step.id)}`);
const answered = (step: Step, answer: string) => `${answerOf(step)}:value = '${answer}'`;

function writeAsk(writing: Writing, step: Step, question: string, then: string): string {
  return writeNode(writing, "action", `${step.id}/ask`, {
    name: step.title,
    on_completion: then,
    step_variables: { [answerOf(step)]: { type: "string", description: "what was answered" } },
    out_args: [answerOf(step)],
    step_extensions: helperOf(step),
    ...byPerson(question),
  });
}

const byPerson = (command: string) => ({
  agent: PERSON,
  commands: [{ type: "manual", command: toVariables(command) }],
});
const byMachine = (command: string) => ({
  agent: MACHINE,
  commands: [{ type: "manual", command: toVariables(command) }],
});

function describeAction({ title, effector, with: parameters }: ActionStep): string {
  const list = Object.entries(parameters).map(([name, value]) => `${name}=${textOf(value)}`);
  return `${title}: ${[effector, ...list].join(" ")}`;
}

function describeVerify(step: Extract<Step, { type: "verify" }>): string {
  const asks = [
    step.of === undefined ? null : `the effect of ${step.of} holds`,
    step.probe === undefined ? null : `${step.probe.effector} ${JSON.stringify(step.probe.with)}`,
    step.expect === undefined ? null : `expected: ${step.expect}`,
  ];
  return `${step.title}: ${asks.filter((one) => one !== null).join("; ")}`;
}

function describeManual({ instructions, checklist }: Extract<Step, { type: "manual" }>): string {
  return [instructions, ...checklist.map((line) => `- ${line}`)].join("\n");
}

function describeWait(step: Extract<Step, { type: "wait" }>): string {
  if (step.for !== undefined) return `Wait for ${step.for}`;
  if (step.until !== undefined) return `Wait until: ${step.until}`;
  return `Wait for the signal ${step.signal ?? ""}`;
}
