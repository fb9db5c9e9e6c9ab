import type { RuleError } from "./types.ts";

/** A place in a rule file, 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Thrown while one document is read and turned into a RuleError by the loader; never leaves the package. */
export class RuleFault extends Error {
  readonly place: Place;
  readonly remedy: string;

  constructor(place: Place, message: string, remedy: string) {
    super(message);
    this.name = "RuleFault";
    this.place = place;
    this.remedy = remedy;
  }
}

export function toRuleError(fault: RuleFault, ruleId: string | undefined): RuleError {
  const base = { ...fault.place, message: fault.message, remedy: fault.remedy };
  return ruleId === undefined ? base : { ...base, ruleId };
}

/** The element at an index the caller has proved to be inside the array; throws otherwise instead of lying. */
export function elementAt<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`no element ${index} in a list of ${list.length}`);
  return element;
}
