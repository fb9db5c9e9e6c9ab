import { FirebreakError } from "../kernel/index.ts";
import type { FieldError } from "@firebreak/protocol";
import { neededOutputs } from "./needed-output.ts";
import type { StepRecord } from "./journal.ts";
import { openBooks } from "./run-books.ts";
import type { RunTexts } from "./run-books.ts";

const NAME = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*$/;

type Tree = { [name: string]: unknown };

/**
 * What a person says of the output of a step that was interrupted and did its work: nobody else knows it. Values have dotted names:
 * `before.state` is the `state` within `before`.
 *
 * @returns the step's output, with what an earlier try left
 * @throws FirebreakError invalid_body when later steps read something that was not said, or a name cannot be one
 */
export function toldOutput(
  run: RunTexts,
  { stepId, output: known }: Pick<StepRecord, "stepId" | "output">,
  captured: Readonly<Record<string, string | number | boolean>>,
): Readonly<Record<string, unknown>> {
  const told: Tree = {};
  const wrong = Object.entries(captured).flatMap(([name, value]): FieldError[] =>
    NAME.test(name) && put(told, name.split("."), value)
      ? []
      : [{ where: `/captured/${name}`, message: `${name} is no name of an output, or says another one twice` }],
  );
  const output = { ...known, ...told };
  const books = openBooks(run);
  const missing = (books === null ? [] : neededOutputs(books, stepId))
    .filter((name) => !holds(output, name.split(".")))
    .map((name): FieldError => ({ where: `/captured/${name}`, message: `needed by later steps: ${name}` }));
  const errors = [...wrong, ...missing];
  if (errors.length === 0) return output;
  const list = errors.map(({ message }) => message).join("; ");
  const remedy = "write down what you saw of it, run the step again, or say that it is not done";
  throw new FirebreakError("invalid_body", `step ${stepId} cannot count as done: ${list}; ${remedy}`, { errors });
}

/** @returns false when there is something else at that place */
function put(tree: Tree, [name = "", ...rest]: readonly string[], value: unknown): boolean {
  const there = Object.hasOwn(tree, name) ? tree[name] : undefined;
  if (rest.length === 0) {
    if (there !== undefined) return false;
    tree[name] = value;
    return true;
  }
  const within = there === undefined ? {} : there;
  if (!isTree(within)) return false;
  tree[name] = within;
  return put(within, rest, value);
}

function holds(value: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  return isTree(value) && Object.hasOwn(value, name) && holds(value[name], rest);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null;
}
