import type { CacaoCommand, CacaoStep } from "./format.ts";
import { slugOf } from "../import/words.ts";
import { inputName } from "./reading.ts";
import type { Fields, Reading } from "./reading.ts";

const COMMAND_BOX = "5m";
const PERSON_BOX = "1h";
const OPTIONS_MAX = 20;

/**
 * Turns a node that another tool wrote into steps. What has no counterpart is asked of a person, in its own words.
 *
 * @param branch reads the steps from a node to the end of its branch
 */
export function toForeignStep(
  reading: Reading,
  node: string,
  step: CacaoStep,
  branch: (first: string) => readonly Fields[],
): Fields[] {
  const tell = (became: string) => reading.report.push({ node, became });
  if (step.on_failure !== undefined && isWork(reading, step.on_failure)) {
    tell(`on failure it led to ${step.on_failure}, which has no counterpart: the run stops there`);
  }
  const base = { id: newStepId(reading, step.name ?? step.type), title: titleOf(step) };
  const steps = (id: string | undefined) => (id === undefined ? [] : branch(id));
  switch (step.type) {
    case "action":
      return toActions(reading, node, step);
    case "playbook-action":
      tell(`the manual step ${base.id}: the other playbook is not in the file`);
      return [toManual(base, `Run the playbook ${step.playbook_id ?? ""}. ${step.description ?? ""}`, step)];
    case "if-condition": {
      tell(`the decision ${base.id}`);
      const options = [
        { id: "holds", label: "It is true", ...listOf(steps(step.on_true)) },
        { id: "holds_not", label: "It is not true", ...listOf(steps(step.on_false)) },
      ];
      return [toDecision(base, `Is this true? ${step.condition ?? ""}`, options, step)];
    }
    case "switch-condition": {
      tell(`the decision ${base.id}`);
      const cases = Object.entries(step.cases ?? {}).slice(0, OPTIONS_MAX - 1);
      const options = cases.map(([value, id], index) => ({
        id: `case_${index + 1}`,
        label: (value || "default").slice(0, 300),
        ...listOf(steps(id)),
      }));
      const question = `What is ${step.switch ?? "the value"}?`;
      return [toDecision(base, question, [...options, { id: "none", label: "None of these" }], step)];
    }
    case "while-condition": {
      tell(`the decision ${base.id}: done once; a person does it again while the condition holds`);
      const again = { id: "holds", label: "It is true: do it, and again while it is", ...listOf(steps(step.on_true)) };
      return [
        toDecision(base, `While: ${step.condition ?? ""}`, [again, { id: "holds_not", label: "It is not true" }], step),
      ];
    }
    case "parallel": {
      const branches = (step.next_steps ?? []).map((id, index) => ({ id: `branch_${index + 1}`, steps: steps(id) }));
      const filled = branches.filter((one) => one.steps.length > 0);
      if (filled.length < 2) {
        tell("its steps, one after another: fewer than two branches do something");
        return filled.flatMap((one) => one.steps);
      }
      tell(`the parallel step ${base.id}`);
      return [{ ...base, type: "parallel", timeBox: PERSON_BOX, branches: filled }];
    }
    case "start":
    case "end":
      return [];
    default:
      return step.type satisfies never;
  }
}

function isWork({ playbook }: Reading, id: string): boolean {
  return playbook.workflow[id]?.type !== "end";
}

const listOf = (steps: readonly Fields[]) => (steps.length > 0 ? { steps } : {});

function titleOf(step: CacaoStep): string {
  const [line = ""] = (step.name ?? step.description ?? step.type).trim().split("\n");
  return line.slice(0, 300) || step.type;
}

function newStepId({ ids }: Reading, name: string): string {
  const base = slugOf(name, "step").replaceAll("-", "_");
  let id = base;
  for (let count = 2; ids.has(id); count++) id = `${base}_${count}`;
  ids.add(id);
  return id;
}

function toManual(base: Fields, instructions: string, step: CacaoStep): Fields {
  const text = toInputs(instructions.trim()).slice(0, 8000) || titleOf(step);
  return { ...base, type: "manual", instructions: text, timeBox: boxOf(step, PERSON_BOX) };
}

function toDecision(base: Fields, question: string, options: readonly Fields[], step: CacaoStep): Fields {
  return {
    ...base,
    type: "decision",
    question: toInputs(question).slice(0, 8000),
    options,
    timeBox: boxOf(step, PERSON_BOX),
  };
}

/** A time of CACAO is in milliseconds; ours is a whole number of seconds, at most a day. */
function boxOf({ timeout }: CacaoStep, otherwise: string): string {
  if (timeout === undefined || timeout <= 0) return otherwise;
  return `${Math.min(Math.ceil(timeout / 1000), 86_400)}s`;
}

function toInputs(text: string): string {
  // a text of another tool must not read as a reference of ours
  const plain = text.replaceAll("${", () => "$${");
  return plain.replaceAll(
    /(__[A-Za-z_][A-Za-z0-9_-]*__):value/g,
    (_whole, name: string) => `\${inputs.${inputName(name)}}`,
  );
}

function toActions(reading: Reading, node: string, step: CacaoStep): Fields[] {
  const commands = step.commands ?? [];
  const steps = commands.map((command): Fields => {
    const base = { id: newStepId(reading, step.name ?? command.type), title: titleOf(step) };
    const text = textOf(command);
    const program = command.type === "bash" ? readWords(text) : null;
    if (program === null) {
      reading.report.push({ node, became: `the manual step ${base.id} (${command.type})` });
      const what = command.type === "manual" ? "" : `Run this ${command.type} command:\n`;
      return toManual(base, `${command.description ?? step.description ?? ""}\n${what}${text}`, step);
    }
    reading.report.push({ node, became: `the step ${base.id}: a command that a person approves` });
    const [name = "", ...args] = program;
    return {
      ...base,
      type: "action",
      effector: "command.run",
      with: { program: name, args },
      undo: "none",
      timeBox: boxOf(step, COMMAND_BOX),
      approval: { people: 1 },
    };
  });
  if (steps.length === 0) reading.report.push({ node, became: "nothing: it has no commands" });
  return steps;
}

function textOf({ command, command_b64: encoded }: CacaoCommand): string {
  return command ?? (encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8"));
}

/** @returns the words of a plain command; null when it needs a shell, or a value that is not known yet */
function readWords(text: string): string[] | null {
  const trimmed = text.trim();
  if (trimmed === "" || /[|&;<>()$`\\"'*?[\]#~={}\n!]/.test(trimmed) || trimmed.includes("__")) return null;
  return trimmed.split(/\s+/);
}
