import type { DraftOption, DraftPlaybook, DraftStep } from "./draft.ts";
import { describe } from "./place-notes.ts";
import { durationText, inputNameOf, slugOf, titleOf } from "./words.ts";

const TEXT_MAX = 7900;
const SENTENCE_MAX = 300;
const ACT_SECONDS_MAX = 86_400;
/** The role that approves in an imported playbook: more than whoever may start it. */
const APPROVER = "approver";

export interface BuiltPlaybook {
  readonly id: string;
  /** as the format has it, in the order in which people read it */
  readonly document: Readonly<Record<string, unknown>>;
  readonly stepIds: ReadonlyMap<DraftStep, string>;
}

/** A draft as a document of the format. What is too long for one place goes on in another; nothing is cut off. */
export function buildDocument(draft: DraftPlaybook, id: string): BuiltPlaybook {
  const builder = new StepBuilder();
  const phases = draft.phases.map(({ id: phase, seconds, steps }) => ({
    id: phase,
    ...(seconds === null ? {} : { timeBox: durationText(seconds) }),
    steps: builder.buildAll(steps),
  }));
  const inputs = [...draft.inputs].map(([name, input]) => [name, inputOf(name, input, usesAgent(draft))] as const);
  const isApproved = draft.phases.some((phase) => phase.steps.some(approves));
  const roles = { [APPROVER]: { title: "Approves what changes or destroys something", access: "commander" } };
  const document = {
    id,
    title: titleOf(draft.title) || "Imported runbook",
    description: describe(draft.about) || `Imported from a runbook: ${titleOf(draft.title)}`,
    ...(isApproved ? { roles } : {}),
    ...(inputs.length > 0 ? { inputs: Object.fromEntries(inputs) } : {}),
    phases,
  };
  return { id, document, stepIds: builder.ids };
}

function inputOf(
  name: string,
  input: { type: string; description: string; default: string | null },
  required: boolean,
) {
  return {
    type: input.type,
    description: titleOf(input.description),
    ...(name === "agentId" && !required ? { required: false } : {}),
    ...(input.default === null ? {} : { default: input.default }),
  };
}

/** An agent is needed when something acts on it; to collect evidence "if there is one" it is not. */
function usesAgent(draft: DraftPlaybook): boolean {
  const acts = (step: DraftStep): boolean =>
    (step.content.type === "action" && step.content.effector.startsWith("agent.")) ||
    (step.content.type === "decision" && step.content.options.some((option) => option.steps.some(acts)));
  return draft.phases.some((phase) => phase.steps.some(acts));
}

function approves(step: DraftStep): boolean {
  const { content } = step;
  if (content.type === "decision") return content.options.some((option) => option.steps.some(approves));
  return content.type === "action" && content.isApproved;
}

class StepBuilder {
  readonly ids = new Map<DraftStep, string>();
  readonly #taken = new Set<string>();

  buildAll(steps: readonly DraftStep[]): Record<string, unknown>[] {
    return steps.flatMap((step) => this.#build(step));
  }

  #build(step: DraftStep): Record<string, unknown>[] {
    const id = this.#nameOf(step.title);
    this.ids.set(step, id);
    const { content, seconds } = step;
    const title = titleOf(step.title) || id;
    const base = { id, title, type: content.type };
    const timeBox = durationText(
      Math.min(seconds, content.type === "action" || content.type === "verify" ? ACT_SECONDS_MAX : Infinity),
    );
    switch (content.type) {
      case "action":
        return [
          {
            ...base,
            effector: content.effector,
            with: content.with,
            timeBox,
            onFailure: content.effector === "evidence.collect" ? "continue" : "stop",
            undo: content.undo,
            ...(content.isApproved ? { approval: { role: APPROVER } } : {}),
          },
        ];
      case "verify":
        return [
          { ...base, probe: { effector: content.effector, with: content.with }, expect: content.expect, timeBox },
        ];
      case "wait":
        return [{ ...base, for: timeBox, timeBox: durationText(seconds + 60) }];
      case "decision":
        return [
          {
            ...base,
            question: content.question.slice(0, TEXT_MAX),
            options: this.#optionsOf(content.options),
            timeBox,
          },
        ];
      case "manual":
        return this.#manual(base, content, timeBox);
      default:
        return content satisfies never;
    }
  }

  #manual(
    base: { readonly id: string; readonly title: string; readonly type: string },
    content: Extract<DraftStep["content"], { type: "manual" }>,
    timeBox: string,
  ): Record<string, unknown>[] {
    const [first = base.title, ...more] = chunksOf(content.instructions);
    const required = content.isRequired ? {} : { required: false };
    const capture = captureOf(content.questions);
    const step = {
      ...base,
      instructions: first,
      ...(content.checklist.length > 0 ? { checklist: content.checklist.map(sentence) } : {}),
      ...(capture.length > 0 ? { capture } : {}),
      timeBox,
      ...required,
    };
    const rest = more.map((instructions, index) => {
      const title = `${base.title.slice(0, SENTENCE_MAX - 10)} (${index + 2})`;
      return { id: this.#nameOf(title), title, type: base.type, instructions, timeBox, ...required };
    });
    return [step, ...rest];
  }

  #optionsOf(options: readonly DraftOption[]): Record<string, unknown>[] {
    const taken = new Set<string>();
    return options.map(({ label, severity, steps }) => {
      const id = unused(slugOf(label, "option"), taken);
      return {
        id,
        label: sentence(label),
        ...(severity === null ? {} : { severity }),
        ...(steps.length === 0 ? {} : { steps: this.buildAll(steps) }),
      };
    });
  }

  #nameOf(title: string): string {
    return unused(slugOf(title, "step"), this.#taken);
  }
}

const sentence = (text: string): string => titleOf(text).slice(0, SENTENCE_MAX) || "…";

function captureOf(questions: readonly string[]) {
  const taken = new Set<string>();
  return questions.map((label, index) => {
    const words = label.split(/\s+/).slice(0, 5).join(" ");
    return {
      name: unusedName(inputNameOf(words) || `answer${index + 1}`, taken),
      label: sentence(label),
      required: false,
    };
  });
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  taken.add(free);
  return free;
}

function unusedName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name.slice(0, 55)}${number}`;
  taken.add(free);
  return free;
}

/** Pieces of a long text, parted between lines where that is possible. */
function chunksOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > TEXT_MAX) {
    const at = rest.lastIndexOf("\n", TEXT_MAX);
    const cut = at > TEXT_MAX / 2 ? at : TEXT_MAX;
    const piece = rest.slice(0, cut).trim();
    if (piece !== "") pieces.push(piece);
    rest = rest.slice(cut).trim();
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}
