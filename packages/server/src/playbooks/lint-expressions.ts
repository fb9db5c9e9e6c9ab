import { compileOnce } from "./conditions.ts";
import type { CelReference } from "./cel/walk.ts";
import type { PlaybookDocument } from "./format.ts";
import type { PlacedStep } from "./placed-step.ts";
import { failing } from "./problem.ts";
import type { DocumentPath, Finding } from "./problem.ts";
import { VISIBILITY_WORDS, isInLoop, visibilityOf } from "./visible-steps.ts";

/** An expression of the file: where it stands, and from which step it reads. */
interface PlacedExpression {
  readonly text: string;
  readonly path: DocumentPath;
  /** null: it is read when the playbook has ended */
  readonly at: DocumentPath | null;
  /** what a probe found is `output` */
  readonly sees: "output" | null;
}

/** Every expression of CEL must compile and read only what there is at its place. */
export function lintExpressions(document: PlaybookDocument, steps: readonly PlacedStep[]): Finding[] {
  return expressionsOf(document, steps).flatMap((expression) => {
    const compilation = compileOnce(expression.text);
    if (!compilation.ok) {
      const message = `at character ${compilation.offset + 1} of the expression: ${compilation.message}`;
      const isReserved = compilation.message.includes("reserved");
      const remedy = isReserved
        ? 'write it in brackets: steps["in"]'
        : "write it as CEL says, for example `inputs.count > 3`";
      return [failing(expression.path, message, remedy)];
    }
    return compilation.expression.references.flatMap((read) => lintRead(document, steps, expression, read));
  });
}

/** @returns every expression of the file in its order */
export function expressionsOf(document: PlaybookDocument, steps: readonly PlacedStep[]): PlacedExpression[] {
  const outputs = Object.entries(document.outputs).map(([name, text]): PlacedExpression => ({
    text,
    path: ["outputs", name],
    at: null,
    sees: null,
  }));
  return [...steps.flatMap(expressionsOfStep), ...outputs];
}

function expressionsOfStep({ step, path }: PlacedStep): PlacedExpression[] {
  const found: PlacedExpression[] = [];
  const add = (text: string | undefined, where: DocumentPath, sees: PlacedExpression["sees"] = null) => {
    if (text !== undefined) found.push({ text, path: [...path, ...where], at: path, sees });
  };
  add(step.when, ["when"]);
  if (step.type === "decision") step.options.forEach((option, index) => add(option.when, ["options", index, "when"]));
  if (step.type === "for-each") add(step.in, ["in"]);
  if (step.type === "verify") add(step.expect, ["expect"], step.probe ? "output" : null);
  if (step.type === "wait") add(step.until, ["until"], step.probe ? "output" : null);
  return found;
}

const NAMES = ["inputs", "steps", "run", "incident"];

function lintRead(
  document: PlaybookDocument,
  steps: readonly PlacedStep[],
  { path, at, sees }: PlacedExpression,
  read: CelReference,
): Finding[] {
  const [name, member] = read.path;
  const text = [read.root, ...read.path].join(".");
  const refuse = (why: string, remedy: string) => [
    failing(path, `at character ${read.offset + 1} of the expression: ${why}`, remedy),
  ];
  if (read.root === "each" || read.root === "index") {
    if (isInLoop(steps, at)) return [];
    return refuse(`${read.root} is known only within a for-each step`, "move the step, or read something else");
  }
  if (read.root === sees) return [];
  if (!NAMES.includes(read.root)) {
    const names = [...NAMES, ...(isInLoop(steps, at) ? ["each", "index"] : []), ...(sees === null ? [] : [sees])];
    return refuse(`there is nothing named ${read.root} here`, `names begin with ${names.join(", ")}`);
  }
  if (read.root === "inputs") {
    if (name === undefined || Object.hasOwn(document.inputs, name)) return [];
    return refuse(`${text} names an input that is not declared`, `add ${name} under inputs`);
  }
  if (read.root !== "steps") return [];
  if (name === undefined) return refuse("steps is read as a whole", "name one step: steps.ID.state");
  const visibility = visibilityOf(steps, at, name);
  if (visibility !== "readable") {
    return refuse(`${text} cannot be read: ${VISIBILITY_WORDS[visibility]}`, "read a step that comes before this one");
  }
  if (member === "state" || member === "output" || member === "reason") return [];
  return refuse(`${text} is nothing that a step has`, `write steps.${name}.state, .reason or .output`);
}
