import { compileExpression } from "./cel/expression.ts";
import type { CelCompilation, CelOutcome } from "./cel/expression.ts";

const COMPILED_MAX = 2000;
const compiled = new Map<string, CelCompilation>();

/** Compiling takes half a millisecond, so it is done once for each text. */
export function compileOnce(text: string): CelCompilation {
  const known = compiled.get(text);
  if (known) return known;
  const compilation = compileExpression(text);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, compilation);
  return compilation;
}

/** What an expression of the playbook comes to; an error is said, and is never taken for false. */
export function evaluate(text: string, scope: Readonly<Record<string, unknown>>): CelOutcome {
  const compilation = compileOnce(text);
  if (!compilation.ok) return { ok: false, message: `${text}: ${compilation.message}` };
  const outcome = compilation.expression.evaluate(scope);
  return outcome.ok ? outcome : { ok: false, message: `${text}: ${outcome.message}` };
}

export type Truth = { readonly ok: true; readonly holds: boolean } | { readonly ok: false; readonly message: string };

export function evaluateCondition(text: string, scope: Readonly<Record<string, unknown>>): Truth {
  const outcome = evaluate(text, scope);
  if (!outcome.ok) return outcome;
  if (typeof outcome.value === "boolean") return { ok: true, holds: outcome.value };
  return { ok: false, message: `${text}: it is neither true nor false` };
}
