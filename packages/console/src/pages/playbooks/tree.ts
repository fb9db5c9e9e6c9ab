/** Steps come in the order of the file; each names what it stands within. */
interface Placed {
  readonly id: string;
  readonly parent: string | null;
  readonly option: string | null;
}

export interface StepNode<S> {
  readonly step: S;
  readonly children: readonly StepNode<S>[];
}

/** @returns the steps as a tree; one whose parent is not there stands at the top rather than nowhere */
export function toTree<S extends Placed>(steps: readonly S[]): readonly StepNode<S>[] {
  const ids = new Set(steps.map(({ id }) => id));
  const under = new Map<string | null, S[]>();
  for (const step of steps) {
    const parent = step.parent !== null && step.parent !== step.id && ids.has(step.parent) ? step.parent : null;
    const siblings = under.get(parent) ?? [];
    siblings.push(step);
    under.set(parent, siblings);
  }
  const build = (parent: string | null): StepNode<S>[] =>
    (under.get(parent) ?? []).map((step) => ({ step, children: build(step.id) }));
  return build(null);
}

/** @returns the children in that option or branch; null: those in none */
export function inOption<S extends Placed>(node: StepNode<S>, option: string | null): readonly StepNode<S>[] {
  return node.children.filter(({ step }) => step.option === option);
}
