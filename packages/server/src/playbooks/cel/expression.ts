import { isCelError, parse, plan } from "@bufbuild/cel";
import { messageOf } from "../../kernel/index.ts";
import { BOUNDED_ENV, TURN_FUNCTION, isOverBudget, openBudget } from "./budget.ts";
import { fromCel, toCel } from "./values.ts";
import { inspect } from "./walk.ts";
import type { CelNode, CelReference } from "./walk.ts";

export type CelOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

/** A compiled expression. */
export interface CelExpression {
  readonly text: string;
  readonly references: readonly CelReference[];
  /** Never throws; what it costs is bounded. `scope` has the names that the expression reads, as JSON has them. */
  evaluate(scope: Readonly<Record<string, unknown>>): CelOutcome;
}

export type CelCompilation =
  | { readonly ok: true; readonly expression: CelExpression }
  | { readonly ok: false; readonly message: string; readonly offset: number };

const NODES_MAX = 500;
const LOOPS_MAX = 2;

/** Reads an expression of CEL; which names there are is for the caller to check, by `references`. */
export function compileExpression(text: string): CelCompilation {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
  } catch (error) {
    return { ok: false, ...describeSyntax(text, error) };
  }
  const { references, loopDepth, nodes } = inspect(parsed);
  if (nodes > NODES_MAX) return { ok: false, message: "the expression is too large", offset: 0 };
  if (loopDepth > LOOPS_MAX) {
    return { ok: false, message: `loops stand within each other more than ${LOOPS_MAX} deep`, offset: 0 };
  }
  try {
    countTurns(parsed.expr);
    const run = plan(BOUNDED_ENV, parsed);
    return { ok: true, expression: { text, references, evaluate: (scope) => evaluate(run, references, scope) } };
  } catch (error) {
    return { ok: false, message: messageOf(error), offset: 0 };
  }
}

function evaluate(
  run: ReturnType<typeof plan>,
  references: readonly CelReference[],
  scope: Readonly<Record<string, unknown>>,
): CelOutcome {
  try {
    const read = Object.entries(narrow(scope, references)).filter(([, value]) => value !== undefined);
    openBudget();
    const value = run(Object.fromEntries(read.map(([name, member]) => [name, toCel(member)])));
    if (isOverBudget()) return { ok: false, message: "it takes too many steps" };
    if (isCelError(value)) return { ok: false, message: value.message };
    return { ok: true, value: fromCel(value) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

/** Only what the expression reads is converted: outputs of steps may be large. */
function narrow(
  scope: Readonly<Record<string, unknown>>,
  references: readonly CelReference[],
): Readonly<Record<string, unknown>> {
  const roots = [...new Set(references.map((reference) => reference.root))];
  return Object.fromEntries(
    roots.map((root) => {
      const members = references.flatMap((one) => (one.root === root ? [one.path[0]] : []));
      const value = scope[root];
      if (members.includes(undefined) || typeof value !== "object" || value === null) return [root, value];
      return [root, Object.fromEntries(Object.entries(value).filter(([key]) => members.includes(key)))];
    }),
  );
}

/** Every turn of every loop asks whether there is something left of the budget. */
function countTurns(node: CelNode | undefined): void {
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (isLoop(value)) value.loopCondition = andTurn(value.loopCondition);
    for (const member of Object.values(value)) visit(member);
  };
  visit(node);
}

type Loop = Extract<CelNode["exprKind"], { case: "comprehensionExpr" }>["value"];

function isLoop(value: object): value is Loop {
  return "$typeName" in value && value.$typeName === "cel.expr.Expr.Comprehension";
}

function andTurn(condition: CelNode | undefined): CelNode {
  const call = (name: string, args: CelNode[]): CelNode => ({
    $typeName: "cel.expr.Expr",
    id: 0n,
    exprKind: { case: "callExpr", value: { $typeName: "cel.expr.Expr.Call", function: name, args } },
  });
  const turn = call(TURN_FUNCTION, []);
  return condition === undefined ? turn : call("_&&_", [turn, condition]);
}

function describeSyntax(text: string, error: unknown): { message: string; offset: number } {
  if (error instanceof RangeError) return { message: "the expression is nested too deeply", offset: 0 };
  const message = messageOf(error);
  const match = /^<input>:(\d+):(\d+): (.*)$/s.exec(message);
  if (!match) return { message, offset: 0 };
  const [, line = "1", column = "1", rest = message] = match;
  const before = text.split("\n").slice(0, Number(line) - 1);
  const offset = before.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1;
  return { message: rest.length > 120 ? `${rest.slice(0, 120)}…` : rest, offset };
}
