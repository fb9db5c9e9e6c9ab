import type { RunBooks } from "./run-books.ts";
import { compileOnce } from "./conditions.ts";
import type { PlaybookDocument } from "./format.ts";
import { expressionsOf } from "./lint-expressions.ts";
import { templatesOf } from "./lint-references.ts";
import { placeSteps } from "./placed-step.ts";
import { findReferences } from "./references.ts";
import { parseRowId } from "./row-id.ts";

/** @returns what later steps, or the playbook's outputs, read of the output of the step whose row that is: `exitCode`, `before.state` */
export function neededOutputs(books: RunBooks, rowId: string): readonly string[] {
  const { call, id } = parseRowId(rowId);
  const document = documentOf(books, call);
  if (document === null) return [];
  const steps = placeSteps(document);
  const inTexts = steps
    .flatMap(templatesOf)
    .flatMap(({ value }) => findReferences(value))
    .flatMap(({ segment }) => (segment.kind === "reference" ? [segment.path] : []));
  const inExpressions = expressionsOf(document, steps).flatMap(({ text }) => readsOf(text));
  const names = [...inTexts, ...inExpressions].flatMap(([root, step, member, ...rest]) =>
    root === "steps" && step === id && member === "output" && rest.length > 0 ? [rest.join(".")] : [],
  );
  return [...new Set(names)].toSorted();
}

function documentOf(books: RunBooks, call: string | null): PlaybookDocument | null {
  if (call === null) return books.document;
  const step = books.find(call)?.step;
  return step?.type === "sub-playbook" ? (books.called.get(step.playbook) ?? null) : null;
}

/** @returns what an expression reads; what it asks for with `has()` may be missing */
function readsOf(text: string): readonly (readonly string[])[] {
  const compilation = compileOnce(text);
  if (!compilation.ok) return [];
  const { references } = compilation.expression;
  const asked = new Set(references.filter(({ optional }) => optional).map(({ path }) => path.join(".")));
  return references.filter(({ path }) => !asked.has(path.join("."))).map(({ root, path }) => [root, ...path]);
}
