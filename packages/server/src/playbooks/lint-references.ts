import { expressionsOf } from "./lint-expressions.ts";
import { compileOnce } from "./conditions.ts";
import type { ManualStep, PlaybookDocument } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing, warning } from "./problem.ts";
import type { DocumentPath, Finding } from "./problem.ts";
import { isProseReference } from "./prose.ts";
import { findReferences } from "./references.ts";
import type { FoundReference } from "./references.ts";
import { VISIBILITY_WORDS, isInLoop, visibilityOf } from "./visible-steps.ts";

/** References that lead nowhere, and inputs that nothing reads. */
export function lintReferences(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  const texts = steps.flatMap(templatesOf);
  const references = texts.flatMap(({ value, path, step, secrets }) =>
    findReferences(value, path).map((found) => ({ found, step, secrets })),
  );
  const told = steps.flatMap(proseOf).flatMap(({ value, path, step, secrets }) =>
    findReferences(value, path)
      .filter((found) => !isTextOfItsOwn(found))
      .map((found) => ({ found, step, secrets })),
  );
  const locks = document.locks.flatMap((lock, index) => findReferences(lock, ["locks", index]));
  const used = new Set([
    ...[...[...references, ...told].map(({ found }) => found), ...locks].map(inputNameOf),
    ...expressionsOf(document, steps).flatMap(({ text }) => inputsRead(text)),
  ]);
  const unused = Object.keys(document.inputs).filter((name) => !used.has(name));
  return [
    ...[...references, ...told].flatMap(({ found, step, secrets }) =>
      lintReference(document, steps, step, found, secrets),
    ),
    ...locks.flatMap((found) => lintReference(document, [], [], found, false)),
    ...unused.map((name) =>
      warning(["inputs", name], `no step uses the input ${name}`, `remove it, or use it as \${inputs.${name}}`),
    ),
  ];
}

interface Template {
  readonly value: unknown;
  readonly path: DocumentPath;
  /** the path of the step it stands in */
  readonly step: DocumentPath;
  /** whether `${secrets.NAME}` may stand in it: it goes to an effector and nowhere else */
  readonly secrets: boolean;
}

/** What persons are told: `${…}` that does not begin like a reference is a text of its own there. */
function proseOf({ step, path }: PlacedStep): Template[] {
  const told = (member: string, value: string) => [{ value, path: [...path, member], step: path, secrets: false }];
  if (step.type === "manual") return told("instructions", step.instructions);
  return step.type === "approval" || step.type === "decision" ? told("question", step.question) : [];
}

function isTextOfItsOwn({ segment }: FoundReference): boolean {
  return segment.kind === "malformed" || (segment.path[0] !== "secrets" && !isProseReference(segment.path));
}

/** @returns what of a step has references that are replaced */
export function templatesOf({ step, path }: PlacedStep): Template[] {
  const template = (value: unknown, where: DocumentPath, secrets: boolean): Template => ({
    value,
    path: [...path, ...where],
    step: path,
    secrets,
  });
  if (step.type === "action") return [template(step.with, ["with"], true)];
  if (step.type === "sub-playbook") return [template(step.inputs, ["inputs"], false)];
  const times = step.type === "wait" && step.for !== undefined ? [template(step.for, ["for"], false)] : [];
  const probed = step.type === "verify" || step.type === "wait" ? step.probe : undefined;
  return probed ? [...times, template(probed.with, ["probe", "with"], true)] : times;
}

function inputsRead(text: string): string[] {
  const compilation = compileOnce(text);
  if (!compilation.ok) return [];
  return compilation.expression.references.flatMap(({ root, path }) => {
    const [name] = path;
    return root === "inputs" && name !== undefined ? [name] : [];
  });
}

function inputNameOf({ segment }: FoundReference): string | null {
  if (segment.kind !== "reference") return null;
  const [root, name] = segment.path;
  return root === "inputs" && name !== undefined ? name : null;
}

function lintReference(
  document: PlaybookDocument,
  steps: readonly PlacedStep[],
  step: DocumentPath,
  found: FoundReference,
  secrets: boolean,
): Finding[] {
  const { segment, at } = found;
  if (segment.kind === "malformed") {
    return [
      failing(
        at,
        `${segment.text} is no reference`,
        "write ${inputs.name}, ${steps.id.output.name}, or $${ for a plain ${",
      ),
    ];
  }
  const [root = "", name = ""] = segment.path;
  const text = `\${${segment.path.join(".")}}`;
  if (root === "inputs") return lintInput(document, name, text, found);
  if (root === "steps") return lintStepOutput(steps, step, segment.path, text, at);
  if (root === "secrets") return lintSecret(segment.path, text, at, secrets);
  if (root === "each" || root === "index") {
    if (isInLoop(steps, step)) return [];
    return [failing(at, `${text} is known only within a for-each step`, "move the step into one")];
  }
  const known = root === "run" || root === "incident";
  if (known && segment.path.length === 2 && name === "id") return [];
  const remedy = known
    ? `write \${${root}.id}`
    : "references begin with inputs, steps, run, incident, secrets, and each in a for-each step";
  return [failing(at, `${text} leads nowhere`, remedy)];
}

function lintInput(document: PlaybookDocument, name: string, text: string, found: FoundReference): Finding[] {
  if (!Object.hasOwn(document.inputs, name)) {
    return [failing(found.at, `${text} names an input that is not declared`, `add ${name} under inputs`)];
  }
  const input = document.inputs[name];
  if (found.whole || input?.required || input?.default !== undefined) return [];
  return [
    failing(found.at, `${text} may be left out, and then the text has a hole`, `give the input ${name} a default`),
  ];
}

/** Types of steps that leave no output to read. */
const WITHOUT_OUTPUT = new Set(["approval", "parallel"]);

function lintStepOutput(
  steps: readonly PlacedStep[],
  reader: DocumentPath,
  path: readonly string[],
  text: string,
  at: DocumentPath,
): Finding[] {
  const [, id = "", member] = path;
  const visibility = visibilityOf(steps, reader, id);
  const target = steps.find(({ step }) => step.id === id);
  if (visibility !== "readable" || target === undefined || WITHOUT_OUTPUT.has(target.step.type)) {
    const why = visibility === "readable" ? "it leaves no output" : VISIBILITY_WORDS[visibility];
    return [
      failing(
        at,
        `${text} names no earlier step with an output: ${why}`,
        "refer to a step that stands before this step",
      ),
    ];
  }
  if (target.step.type === "manual") return lintCapture(target.step, path, text, at);
  if (member === "output" && path.length > 3) return [];
  return [failing(at, `${text} names no output`, `write \${steps.${id}.output.name}`)];
}

function lintSecret(path: readonly string[], text: string, at: DocumentPath, allowed: boolean): Finding[] {
  if (!allowed) return [failing(at, `${text} would be written down`, "secrets go only to effectors, in `with`")];
  if (path.length === 2 && /^[A-Z][A-Z0-9_]{0,127}$/.test(path[1] ?? "")) return [];
  return [failing(at, `${text} names no secret`, "write ${secrets.NAME}, in capital letters, digits and _")];
}

/** What a person wrote down, by the name it was asked for. */
function lintCapture(step: ManualStep, path: readonly string[], text: string, at: Finding["path"]): Finding[] {
  const [, id = "", member, name = ""] = path;
  const captured = step.capture.find((one) => one.name === name);
  if (member !== "output" || captured === undefined) {
    return [failing(at, `${text} names nothing that the step ${id} captures`, `add ${name} to its \`capture\``)];
  }
  if (captured.required) return [];
  return [failing(at, `${text} may be left out by the person`, `make ${name} of the step ${id} required`)];
}
