import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

/** RFC 8785 in its plainest words: JSON.stringify with the keys of every object in the default order. */
function referenceOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => referenceOf(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = new Map(members);
  const keys = [...sorted.keys()].toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${referenceOf(sorted.get(key))}`).join(",")}}`;
}

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom("a", "Z", "9", '"', "\\", "/", "\u0000", "\u001f", "\u007f", "\n", "é", "\u2028"),
  }),
  fc.string({ unit: fc.constantFrom("\ue000", "\uffff", "\ud7ff", "😀", "z") }),
);

describe("canonical JSON", () => {
  it("is what JSON.stringify writes with every object's keys sorted by UTF-16 code units", () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false, 0, -0, 1e21, 1e-7),
        fc.array(tie("tree"), { maxLength: 5 }),
        fc.dictionary(text, tie("tree"), { maxKeys: 24 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(canonicalJson(value)).toBe(referenceOf(value));
      }),
      { numRuns: 500 },
    );
  });

  it("sorts few and many keys, numbers among them, and leaves out what is undefined", () => {
    expect(canonicalJson({ b: 1, a: undefined, 10: 2, 9: 3, "": 4, "\ue000": 5, "😀": 6 })).toBe(
      '{"":4,"10":2,"9":3,"b":1,"😀":6,"\ue000":5}',
    );
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index * 7919}`, index]));
    expect(canonicalJson(many)).toBe(referenceOf(many));
    expect(canonicalJson(many)).toBe(referenceOf(many));
  });

  it("refuses what JSON cannot say", () => {
    for (const value of [Number.NaN, Infinity, 1n, "\ud800", { "\udc00": 1 }, ["x\ud83d"], Symbol("s")]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});
