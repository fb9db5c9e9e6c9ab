import { ConditionFault, parseCondition, selectNames, type Condition } from "./condition.ts";
import type { Cursor } from "./yaml-cursor.ts";

/** A set of rules that must have been seen, and of rules that must not, by their place in the correlation's list. */
export interface RuleSet {
  readonly seen: readonly number[];
  readonly unseen: readonly number[];
}

/** Alternatives beyond this would make every event costly. */
const ALTERNATIVES_MAX = 64;

/** The names that a Boolean condition over rules speaks of, in their order, each once. */
export function namesInCondition(node: Cursor): string[] {
  const names = new Set<string>();
  const collect = (condition: Condition): void => {
    if (condition.kind === "name") names.add(condition.name);
    else if (condition.kind === "not") collect(condition.part);
    else if (condition.kind !== "of") condition.parts.forEach(collect);
  };
  readAt(node, (text) => collect(parseCondition(text)));
  return [...names];
}

/**
 * Reads a Boolean condition over the rules of a temporal correlation, such as `a and (b or c) and not d`, as alternatives of
 * which one must hold.
 */
export function readAlternatives(node: Cursor, names: readonly string[]): readonly RuleSet[] {
  return readAt(node, (text) => {
    const alternatives = expand(parseCondition(text), names, false).filter(isPossible);
    if (alternatives.some(({ seen }) => seen.length === 0)) {
      throw new ConditionFault("the condition can hold without any of its rules", "name a rule that must be seen", 0);
    }
    if (alternatives.length === 0) throw new ConditionFault("the condition can never hold", "mend it", 0);
    return alternatives;
  });
}

function readAt<T>(node: Cursor, read: (text: string) => T): T {
  try {
    return read(node.text("a condition"));
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error;
    return node.fail(error.message, error.remedy, error.offset);
  }
}

const isPossible = ({ seen, unseen }: RuleSet): boolean => !seen.some((rule) => unseen.includes(rule));

/** Disjunctive normal form; a negation is carried down to the names. */
function expand(condition: Condition, names: readonly string[], negated: boolean): readonly RuleSet[] {
  switch (condition.kind) {
    case "name": {
      const rule = names.indexOf(condition.name);
      if (rule < 0) {
        const remedy = `use one of: ${names.join(", ")}`;
        throw new ConditionFault(
          `the condition names "${condition.name}", which is not in rules`,
          remedy,
          condition.offset,
        );
      }
      return [negated ? { seen: [], unseen: [rule] } : { seen: [rule], unseen: [] }];
    }
    case "not":
      return expand(condition.part, names, !negated);
    case "and":
    case "or": {
      const parts = condition.parts.map((part) => expand(part, names, negated));
      return (condition.kind === "and") === negated ? bounded(parts.flat()) : parts.reduce(both);
    }
    case "of": {
      const chosen = selectNames(names, condition.pattern);
      const isEvery = condition.count === "all" || condition.count === chosen.length;
      if (chosen.length === 0 || (!isEvery && condition.count !== 1)) {
        throw new ConditionFault("write 1 of or all of with names of rules", "name the rules", condition.offset);
      }
      const parts = chosen.map((name): Condition => ({ kind: "name", name, offset: condition.offset }));
      return expand({ kind: isEvery ? "and" : "or", parts }, names, negated);
    }
  }
}

function both(left: readonly RuleSet[], right: readonly RuleSet[]): readonly RuleSet[] {
  return bounded(
    left.flatMap((one) =>
      right.map((other) => ({ seen: union(one.seen, other.seen), unseen: union(one.unseen, other.unseen) })),
    ),
  );
}

const union = (left: readonly number[], right: readonly number[]): number[] =>
  [...new Set([...left, ...right])].sort((one, other) => one - other);

function bounded(sets: readonly RuleSet[]): readonly RuleSet[] {
  if (sets.length <= ALTERNATIVES_MAX) return sets;
  throw new ConditionFault(`the condition has more than ${ALTERNATIVES_MAX} alternatives`, "split the correlation", 0);
}
