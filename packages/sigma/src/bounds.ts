import type { Cursor } from "./yaml-cursor.ts";

export type Operator = "gt" | "gte" | "lt" | "lte" | "eq" | "neq";

export interface Bound {
  readonly operator: Operator;
  readonly value: number;
}

const OPERATORS: ReadonlySet<string> = new Set(["gt", "gte", "lt", "lte", "eq", "neq"]);
/** Counts beyond this would need windows of gigabytes. */
const THRESHOLD_MAX = 1_000_000;

const isOperator = (name: string): name is Operator => OPERATORS.has(name);

export interface BoundsOptions {
  /** The bounds are for a sum, an average, a rank or a percentage, which may be any number; else for a count. */
  readonly isMeasured: boolean;
  /** Keys of the condition that are no bounds. */
  readonly others: ReadonlySet<string>;
}

/** The comparisons of a correlation's condition, at least one. */
export function readBounds(condition: Cursor, { isMeasured, others }: BoundsOptions): Bound[] {
  const bounds: Bound[] = [];
  for (const { name, key, value } of condition.entries()) {
    if (others.has(name)) continue;
    if (!isOperator(name)) return key.fail(`"${name}" is not an operator`, "use gt, gte, lt, lte, eq or neq");
    const number = value.scalar();
    if (typeof number !== "number" || !Number.isFinite(number)) return value.fail("not a number", "write a number");
    if (!isMeasured && (!Number.isInteger(number) || number < 0 || number > THRESHOLD_MAX)) {
      return value.fail(`a count is a whole number from 0 to ${THRESHOLD_MAX}`, "write such a number");
    }
    bounds.push({ operator: name, value: number });
  }
  return bounds.length > 0 ? bounds : condition.fail("the condition compares with nothing", "add for example `gt: 10`");
}

export function holdsAll(bounds: readonly Bound[], count: number): boolean {
  for (const bound of bounds) if (!holdsOne(bound, count)) return false;
  return true;
}

function holdsOne({ operator, value }: Bound, count: number): boolean {
  switch (operator) {
    case "gt":
      return count > value;
    case "gte":
      return count >= value;
    case "lt":
      return count < value;
    case "lte":
      return count <= value;
    case "eq":
      return count === value;
    case "neq":
      return count !== value;
  }
}
