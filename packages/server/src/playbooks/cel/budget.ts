import { CelScalar, celEnv, celFunc, celListConcat, listType } from "@bufbuild/cel";
import { RE2JS } from "re2js";

/** Turns of all loops of one evaluation together. */
const TURNS_MAX = 10_000;
const TEXT_MAX = 256 * 1024;
const LIST_MAX = 10_000;
/** Characters that one evaluation may match patterns against. */
const MATCHED_MAX = 2_000_000;

/** What is left for the evaluation under way: evaluations are synchronous, so there is one at a time. */
let turns = 0;
let matched = 0;

/** Within loops every turn is counted by a call to this name, which no expression can write. */
export const TURN_FUNCTION = "@turn";

export function openBudget(): void {
  turns = 0;
  matched = 0;
}

export function isOverBudget(): boolean {
  return turns > TURNS_MAX || matched > MATCHED_MAX;
}

function join(one: string, other: string): string {
  if (one.length + other.length > TEXT_MAX) throw new RangeError("the text becomes too long");
  return one + other;
}

const { INT, DOUBLE, STRING, BOOL, DYN } = CelScalar;

/** JSON has one kind of number, CEL has three: here a whole number and a fraction may be calculated with each other. */
const MIXED_NUMBERS = [
  ["_+_", (a: number, b: number) => a + b],
  ["_-_", (a: number, b: number) => a - b],
  ["_*_", (a: number, b: number) => a * b],
  ["_/_", (a: number, b: number) => a / b],
] as const;

/** The functions of CEL, with bounds where a text or a list could grow, and patterns in linear time. */
export const BOUNDED_ENV: ReturnType<typeof celEnv> = celEnv({
  re2: {
    compile: (pattern) => {
      const compiled = RE2JS.compile(pattern);
      return {
        test: (text) => {
          matched += text.length;
          if (matched > MATCHED_MAX) throw new RangeError("too much text to match");
          return compiled.matcher(text).find();
        },
      };
    },
  },
  funcs: [
    celFunc(TURN_FUNCTION, [], BOOL, () => (turns += 1) <= TURNS_MAX),
    celFunc("_+_", [STRING, STRING], STRING, join),
    celFunc("_+_", [listType(DYN), listType(DYN)], listType(DYN), (one, other) => {
      if (one.size + other.size > LIST_MAX) throw new RangeError("the list becomes too long");
      return celListConcat(one, other);
    }),
    ...MIXED_NUMBERS.flatMap(([name, calculate]) => [
      celFunc(name, [INT, DOUBLE], DOUBLE, (a, b) => calculate(Number(a), b)),
      celFunc(name, [DOUBLE, INT], DOUBLE, (a, b) => calculate(a, Number(b))),
    ]),
  ],
});
