import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConditionFault, parseCondition, selectNames, type Condition } from "./condition.ts";

const NAMES = ["sel_a", "sel_b", "filter_x", "_hidden", "other"];

type Held = ReadonlySet<string>;

function evaluate(condition: Condition, held: Held): boolean {
  switch (condition.kind) {
    case "and":
      return condition.parts.every((part) => evaluate(part, held));
    case "or":
      return condition.parts.some((part) => evaluate(part, held));
    case "not":
      return !evaluate(condition.part, held);
    case "name":
      return held.has(condition.name);
    case "of": {
      const names = selectNames(NAMES, condition.pattern);
      const count = names.filter((name) => held.has(name)).length;
      return condition.count === "all" ? count === names.length : count >= condition.count;
    }
  }
}

interface Made {
  readonly text: string;
  readonly holds: (held: Held) => boolean;
}

/** Conditions made together with their meaning; every inner part is written in brackets, or bare where it binds tighter. */
const leaf = fc.oneof(
  fc.constantFrom(...NAMES).map((name): Made => ({ text: name, holds: (held) => held.has(name) })),
  fc
    .constantFrom("1 of sel_*", "any of sel_*")
    .map((text): Made => ({ text, holds: (held) => held.has("sel_a") || held.has("sel_b") })),
  fc.constant<Made>({ text: "all of sel*", holds: (held) => held.has("sel_a") && held.has("sel_b") }),
  fc.constant<Made>({
    text: "1 of them",
    holds: (held) => NAMES.some((name) => !name.startsWith("_") && held.has(name)),
  }),
  fc.constant<Made>({ text: "2 of *", holds: (held) => held.size >= 2 }),
);
const { or } = fc.letrec<{ or: Made; and: Made; not: Made; primary: Made }>((tie) => ({
  primary: fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: tie("or").map(({ text, holds }) => ({ text: `(${text})`, holds })) },
  ),
  not: fc.oneof(
    { weight: 3, arbitrary: tie("primary") },
    {
      weight: 1,
      arbitrary: tie("primary").map(({ text, holds }) => ({
        text: `not ${text}`,
        holds: (held: Held) => !holds(held),
      })),
    },
  ),
  and: fc.array(tie("not"), { minLength: 1, maxLength: 3 }).map((parts) => ({
    text: parts.map(({ text }) => text).join(" and "),
    holds: (held: Held) => parts.every(({ holds }) => holds(held)),
  })),
  or: fc.array(tie("and"), { minLength: 1, maxLength: 3 }).map((parts) => ({
    text: parts.map(({ text }) => text).join("  or "),
    holds: (held: Held) => parts.some(({ holds }) => holds(held)),
  })),
}));

function faultOf(text: string): ConditionFault | undefined {
  try {
    parseCondition(text);
  } catch (error) {
    if (error instanceof ConditionFault) return error;
    throw error;
  }
  return undefined;
}

describe("conditions", () => {
  it("mean what they were made to mean: or < and < not < x of < brackets", () => {
    fc.assert(
      fc.property(or, fc.subarray(NAMES), (made, held) => {
        const set = new Set(held);
        const { text } = made;
        expect({ text, holds: evaluate(parseCondition(text), set) }).toEqual({ text, holds: made.holds(set) });
      }),
      { numRuns: 2000 },
    );
  });

  it("are read or refused, never anything else", () => {
    const words = fc.constantFrom("and", "or", "not", "(", ")", "1", "all", "of", "them", "sel*", "a", "b");
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const fault = faultOf(parts.join(" "));
        expect(fault?.remedy).not.toBe("");
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["a and", 5, "ends too early"],
    ["a or or b", 5, "where a selection is needed"],
    ["(a or b", 7, "closing bracket"],
    ["a b", 2, "not expected"],
    ["0 of a*", 0, "0 of"],
    ["some of a*", 0, "some of"],
    ["selection | count() > 5", 10, "version 1"],
    ["1 of", 4, "after of"],
    ["", 0, "ends too early"],
  ])("%j is refused at character %i", (text, offset, message) => {
    expect(faultOf(text)).toMatchObject({ offset, message: expect.stringContaining(message) });
  });

  it("bear neither deep brackets nor endless negation", () => {
    expect(faultOf(`${"(".repeat(5000)}a${")".repeat(5000)}`)?.message).toContain("nested deeper");
    expect(evaluate(parseCondition(`${"not ".repeat(3000)}other`), new Set(["other"]))).toBe(true);
  });
});
