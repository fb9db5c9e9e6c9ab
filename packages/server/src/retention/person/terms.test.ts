import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileTerms, maskJson, matchesJson } from "./terms.ts";

const JANE = compileTerms({
  values: ["jane@example.org", "Jane Doe", "u-20871", "Zoë"],
  patterns: ["EMP-4711-[0-9]+"],
});

describe("E-8: what is looked for of a person", () => {
  test.each([
    ["mail jane@example.org now", "mail [ERASED] now"],
    ["JANE@Example.ORG", "[ERASED]"],
    ["to=jane%40example.org&x=1", "to=[ERASED]&x=1"],
    [String.raw`{"a":"x\njane@example.org"}`, String.raw`{"a":"x\n[ERASED]"}`],
    ["Jane\n  Doe, jane  doe", "[ERASED], [ERASED]"],
    ["id u-20871.", "id [ERASED]."],
    [String.raw`zo\u00eb and zo%C3%AB and ZOË`, "[ERASED] and [ERASED] and [ERASED]"],
    ["EMP-4711-12 and EMP-4711-3", "[ERASED] and [ERASED]"],
  ])("%j becomes %j", (text, masked) => {
    expect(JANE.matches(text)).toBe(true);
    expect(JANE.mask(text)).toBe(masked);
  });

  test.each(["mary.jane@example.org", "jane@example.organic", "u-208715", "Janet Doe", "zoëlle", "EMP-4712-1"])(
    "%j is somebody else",
    (text) => {
      expect(JANE.matches(text)).toBe(false);
      expect(JANE.mask(text)).toBe(text);
    },
  );

  test("names of members, numbers and what is nested are looked into; nothing else is touched", () => {
    const order = compileTerms({ values: ["20871"], patterns: [] });
    const value = { user: 20871, "by 20871": [{ deep: ["x 20871", null, true, 7] }], other: 208710 };
    expect(matchesJson(value, order)).toBe(true);
    expect(maskJson(value, order)).toEqual({
      user: "[ERASED]",
      "by [ERASED]": [{ deep: ["x [ERASED]", null, true, 7] }],
      other: 208710,
    });
    expect(matchesJson({ a: [null, 1] }, order)).toBe(false);
    expect(matchesJson(null, order)).toBe(false);
  });

  test("whatever the value and the text, what is masked matches no more, and texts without it stay as they are", () => {
    const value = fc
      .string({ minLength: 3, maxLength: 12, unit: "grapheme" })
      .filter((text) => text.trim().length >= 3);
    fc.assert(
      fc.property(value, fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (given, before, after) => {
        const matcher = compileTerms({ values: [given.trim()], patterns: [] });
        const masked = matcher.mask(`${before} ${given.trim()} ${after}`);
        expect(matcher.mask(masked)).toBe(masked);
        expect(matcher.mask(before) === before).toBe(!matcher.matches(before));
      }),
      { numRuns: 50 },
    );
  });

  test("what is likely stands in every text that matches", () => {
    expect(compileTerms({ values: ["jane@example.org", "Zoë Müller"], patterns: [] }).likely).toEqual([
      "example",
      "ller",
    ]);
    expect(compileTerms({ values: ["Zoë"], patterns: [] }).likely).toBeNull();
    expect(JANE.likely).toBeNull();
  });

  test("a pattern that is none, or is found everywhere, is refused; one that stalls other engines does not stall", () => {
    expect(() => compileTerms({ values: [], patterns: ["(?=x)"] })).toThrow(/no regular expression of RE2/);
    expect(() => compileTerms({ values: [], patterns: ["x*"] })).toThrow(/found in every text/);
    const evil = compileTerms({ values: ["a".repeat(200)], patterns: ["(a+)+$"] });
    expect(evil.matches(`${"a".repeat(20_000)}!`)).toBe(false);
  });
});
