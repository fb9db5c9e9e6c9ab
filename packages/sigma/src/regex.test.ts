import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegexFault } from "./regex-parse.ts";
import { Regex, type StepBudget } from "./regex.ts";

const plain = { ignoreCase: false, multiline: false, dotAll: false };
const budget = (steps = 5_000_000): StepBudget => ({ steps, exhausted: false });
const matches = (pattern: string, text: string, flags = plain): boolean =>
  new Regex(pattern, flags).test(text, budget());

function faultOf(pattern: string): string {
  try {
    return new Regex(pattern, plain) instanceof Regex ? "accepted" : "";
  } catch (error) {
    if (error instanceof RegexFault) return error.message;
    throw error;
  }
}

/** Patterns whose meaning is the same here and in JavaScript: no `.` on \r, no `$` before a last newline. */
const atom = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "A",
    "1",
    " ",
    "\\n",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\W",
    "\\S",
    "[ab]",
    "[^a]",
    "[a-c1]",
  ),
  fc.constantFrom("[^\\w]", "[\\d\\s]", "\\.", "\\x61", "\\u0062", "é", "[é-ü]"),
);
const { pattern } = fc.letrec<{ pattern: string; sequence: string; piece: string }>((tie) => ({
  piece: fc
    .oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(atom, fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?")),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(
          tie("pattern").map((inner) => `(${inner})`),
          fc.constantFrom("", "*", "+", "?", "{0,2}"),
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(
          tie("pattern").map((inner) => `(?:${inner})`),
          fc.constantFrom("", "*"),
        ),
      },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom("^", "$", "\\b", "\\B"), fc.constant("")) },
    )
    .map(([body, quantifier]) => body + quantifier),
  sequence: fc.array(tie("piece"), { minLength: 0, maxLength: 4 }).map((pieces) => pieces.join("")),
  pattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((branches) => branches.join("|")),
}));
const text = fc.string({
  unit: fc.constantFrom("a", "b", "c", "A", "B", "1", "2", " ", "\n", ".", "_", "é", "É", "x"),
  maxLength: 12,
});
const flags = fc.record({ ignoreCase: fc.boolean(), multiline: fc.boolean(), dotAll: fc.boolean() });

describe("regular expressions", () => {
  it("agree with JavaScript on random patterns, flags and texts", () => {
    fc.assert(
      fc.property(pattern, flags, fc.array(text, { minLength: 1, maxLength: 6 }), (source, chosen, texts) => {
        const letters = `${chosen.ignoreCase ? "i" : ""}${chosen.multiline ? "m" : ""}${chosen.dotAll ? "s" : ""}`;
        const reference = new RegExp(source, letters);
        const regex = new Regex(source, chosen);
        for (const sample of texts)
          expect(regex.test(sample, budget()), `/${source}/${letters} on ${JSON.stringify(sample)}`).toBe(
            reference.test(sample),
          );
      }),
      { numRuns: 1000 },
    );
  });

  it("name literals only if every matching text holds one", () => {
    fc.assert(
      fc.property(pattern, flags, text, (source, chosen, sample) => {
        const regex = new Regex(source, chosen);
        if (regex.literals.length === 0 || !regex.test(sample, budget())) return;
        const { literals } = regex;
        expect({ sample, literals, held: literals.some((one) => sample.toLowerCase().includes(one)) }).toMatchObject({
          held: true,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("say that a match needs a character beyond ASCII only if no text of ASCII matches", () => {
    const kind = fc.constantFrom("é", "[а-я]+", "(?:忘记|忽略)", "ſ", "k", "(?:é|e)", "é?", "(?:ü){2}");
    fc.assert(
      fc.property(fc.array(fc.oneof(kind, pattern), { maxLength: 3 }), flags, text, (parts, chosen, sample) => {
        const regex = new Regex(parts.join(""), chosen);
        if (!regex.needsBeyondAscii) return;
        const ascii = sample.replaceAll(/[^\0-\u{7f}]/gu, "k");
        expect(regex.test(ascii, budget()), `${parts.join("")} on ${JSON.stringify(ascii)}`).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("read inline flags, named groups and lazy repetitions", () => {
    expect(matches("(?i)abc", "xABCx")).toBe(true);
    expect(matches("a(?i)b(?-i)c", "aBc")).toBe(true);
    expect(matches("a(?i)b(?-i)c", "aBC")).toBe(false);
    expect(matches("(?i:a)b", "Ab")).toBe(true);
    expect(matches("(?i:a)b", "AB")).toBe(false);
    expect(matches("(?<word>ab)+?$", "xabab")).toBe(true);
    expect(matches("(?s)a.b", "a\nb")).toBe(true);
    expect(matches("^b$", "a\nb\nc", { ...plain, multiline: true })).toBe(true);
    expect(matches("😀+", "x😀")).toBe(true);
    expect(matches("[]x]", "]")).toBe(true);
  });

  it.each([
    ["a(?=b)", "lookahead"],
    ["a(?!b)", "lookahead"],
    ["(?<=a)b", "lookbehind"],
    ["(?<!a)b", "lookbehind"],
    ["(a)\\1", "backreference"],
    ["(?<n>a)\\k<n>", "backreference"],
    ["(?P=n)", "backreference"],
    ["a++", "possessive"],
    ["a*+", "possessive"],
    ["(?>a)", "atomic"],
    ["(?(1)a|b)", "conditional"],
    ["(?R)", "recursion"],
    ["(*SKIP)", "verb"],
    ["\\p{L}", "\\p"],
    ["[[:alpha:]]", "POSIX"],
    ["(", "without a closing"],
    ["a)", "without an opening"],
    ["[a", "without its ]"],
    ["*a", "repetition of nothing"],
    ["a{3,2}", "wrong way round"],
    ["a{9999}", "more than"],
    ["(a{1000}){1000}", "states"],
    ["a\\", "backslash at the end"],
    ["[z-a]", "wrong way round"],
    ["(".repeat(100) + ")".repeat(100), "nested deeper"],
  ])("refuse %s", (source, reason) => {
    expect(faultOf(source)).toContain(reason);
  });

  it("take linear time on patterns that stall backtracking engines", () => {
    const hostile = `${"a".repeat(100_000)}!`;
    const started = performance.now();
    for (const source of [
      "^(a+)+$",
      "(a|a)*$",
      "(a*)*b",
      "(.*a){12}$",
      "(a|aa)+$",
      "(x+x+)+y",
      "^(([a-z])+.)+[A-Z]([a-z])+$",
    ]) {
      new Regex(source, plain).test(hostile, budget());
      new Regex(source, { ...plain, ignoreCase: true }).test(hostile, budget());
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("stop at the budget and say so when a pattern needs a new state for every character", () => {
    const regex = new Regex("(a|b)*a(a|b){500}c", plain);
    let seed = 1;
    const noise = Array.from({ length: 200_000 }, () =>
      (seed = (seed * 48_271) % 2_147_483_647) % 2 === 0 ? "a" : "b",
    ).join("");
    const spent = budget(2_000_000);
    const started = performance.now();
    expect(regex.test(noise, spent)).toBe(false);
    expect(spent.exhausted).toBe(true);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("repeat empty parts without cost", () => {
    expect(matches("((){5000}){5000}a", "a")).toBe(true);
    expect(matches("(a*)*", "")).toBe(true);
  });
});

describe("a pattern's need of characters beyond ASCII", () => {
  it.each([
    ["忘记.{0,8}(?:指令|规则)", true],
    ["(?:\\uDB40[\\uDC20-\\uDC7F]){8}", true],
    ["(?:é|e)", false],
    ["é?x", false],
    ["k", false],
    ["x|é", false],
  ])("%s: %j", (source, isNeeded) => {
    expect(new Regex(source, { ignoreCase: true, multiline: false, dotAll: false }).needsBeyondAscii).toBe(isNeeded);
  });
});

describe("the literals of a pattern", () => {
  it.each([
    ["abc", ["abc"]],
    ["(?:ignore|forget)\\s+(?:it|all)", ["ignore", "forget"]],
    ["x(?:foo|barbar)?y+longer", ["longer"]],
    ["(?:foo|b)", []],
    ["a|b|c", []],
    ["[ab]c*", []],
    ["(?:abcd|(?:efgh|ijkl)+)$", ["abcd", "efgh", "ijkl"]],
  ])("%s: %j", (source, literals) => {
    expect(new Regex(source, { ignoreCase: false, multiline: false, dotAll: false }).literals).toEqual(literals);
  });
});
