import type { parse } from "@bufbuild/cel";

type Parsed = ReturnType<typeof parse>;
export type CelNode = NonNullable<Parsed["expr"]>;

/** What an expression reads: a name of the scope and the members after it, as far as they are written out. */
export interface CelReference {
  readonly root: string;
  readonly path: readonly string[];
  /** a member is asked for with `has()`: it may be missing */
  readonly optional: boolean;
  /** where it stands in the text, counted from 0 */
  readonly offset: number;
}

export interface CelFacts {
  readonly references: readonly CelReference[];
  /** how deeply loops (`all`, `exists`, `map`, `filter`) stand within each other */
  readonly loopDepth: number;
  readonly nodes: number;
}

/** @returns what the expression reads and how large it is; names that its own loops make are left out */
export function inspect({ expr, sourceInfo }: Parsed): CelFacts {
  const references: CelReference[] = [];
  let loopDepth = 0;
  let nodes = 0;
  const offsetOf = (node: CelNode) => sourceInfo?.positions[String(node.id)] ?? 0;
  const visit = (node: CelNode | undefined, own: ReadonlySet<string>, depth: number): void => {
    if (node === undefined) return;
    nodes += 1;
    loopDepth = Math.max(loopDepth, depth);
    const chain = chainOf(node);
    if (chain !== null) {
      const { start, ...read } = chain;
      if (!own.has(read.root)) references.push({ ...read, offset: offsetOf(start) });
      return;
    }
    const loop = node.exprKind.case === "comprehensionExpr" ? node.exprKind.value : null;
    if (loop === null) {
      for (const child of childrenOf(node)) visit(child, own, depth);
      return;
    }
    visit(loop.iterRange, own, depth);
    const within = new Set([...own, loop.iterVar, loop.accuVar]);
    for (const part of [loop.accuInit, loop.loopCondition, loop.loopStep, loop.result]) visit(part, within, depth + 1);
  };
  visit(expr, new Set(), 0);
  return { references, loopDepth, nodes };
}

interface Chain {
  readonly root: string;
  readonly path: readonly string[];
  readonly optional: boolean;
  readonly start: CelNode;
}

/** @returns `a.b["c"]` as its parts, or null when the node is something else */
function chainOf(node: CelNode): Chain | null {
  const { exprKind } = node;
  if (exprKind.case === "identExpr") {
    return { root: exprKind.value.name, path: [], optional: false, start: node };
  }
  if (exprKind.case === "selectExpr") {
    const { operand, field, testOnly } = exprKind.value;
    const before = operand === undefined ? null : chainOf(operand);
    return before && { ...before, path: [...before.path, field], optional: testOnly };
  }
  if (exprKind.case !== "callExpr" || exprKind.value.function !== "_[_]") return null;
  const [operand, key] = exprKind.value.args;
  const before = operand === undefined ? null : chainOf(operand);
  const constant = key?.exprKind.case === "constExpr" ? key.exprKind.value.constantKind : null;
  if (before === null || constant?.case !== "stringValue") return null;
  return { ...before, path: [...before.path, constant.value] };
}

function childrenOf({ exprKind }: CelNode): (CelNode | undefined)[] {
  switch (exprKind.case) {
    case "selectExpr":
      return [exprKind.value.operand];
    case "callExpr":
      return [exprKind.value.target, ...exprKind.value.args];
    case "listExpr":
      return exprKind.value.elements;
    case "structExpr":
      return exprKind.value.entries.flatMap((entry) => [
        entry.keyKind.case === "mapKey" ? entry.keyKind.value : undefined,
        entry.value,
      ]);
    case "constExpr":
    case "identExpr":
    case "comprehensionExpr":
    case undefined:
      return [];
    default:
      return exprKind satisfies never;
  }
}
