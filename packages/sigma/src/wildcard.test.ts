import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldText } from "./text.ts";
import { anchor, compilePlain, compileWildcard, loosenDashes, parseWildcard, type Anchoring } from "./wildcard.ts";

type Token = { readonly kind: "char"; readonly char: string } | { readonly kind: "one" } | { readonly kind: "many" };

/** A naive reader and matcher of the specification, written without regard to speed. */
function tokensOf(written: string): Token[] {
  if (written === "") return [];
  const [first = "", second = ""] = written;
  if (first === "\\" && ["*", "?", "\\"].includes(second))
    return [{ kind: "char", char: second }, ...tokensOf(written.slice(2))];
  if (first === "*") return [{ kind: "many" }, ...tokensOf(written.slice(1))];
  return [first === "?" ? { kind: "one" } : { kind: "char", char: first }, ...tokensOf(written.slice(1))];
}

function naiveMatch(tokens: readonly Token[], text: string): boolean {
  const [head, ...rest] = tokens;
  if (head === undefined) return text === "";
  if (head.kind === "many") {
    return Array.from({ length: text.length + 1 }, (_, at) => at).some((at) => naiveMatch(rest, text.slice(at)));
  }
  return text !== "" && (head.kind === "one" || head.char === text[0]) && naiveMatch(rest, text.slice(1));
}

const written = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\", "A"), maxLength: 8 });
const text = fc.string({ unit: fc.constantFrom("a", "b", "A", "*", "?", "\\"), maxLength: 10 });
const many: Token = { kind: "many" };

describe("wildcards", () => {
  it("agree with a naive matcher, whatever the anchoring and case", () => {
    const anchoring = fc.constantFrom<Anchoring>("equals", "contains", "startswith", "endswith");
    fc.assert(
      fc.property(written, text, anchoring, fc.boolean(), (pattern, sample, where, cased) => {
        const fold = (value: string): string => (cased ? value : value.toLowerCase());
        const tokens = tokensOf(fold(pattern));
        const before = where === "contains" || where === "endswith" ? [many] : [];
        const after = where === "contains" || where === "startswith" ? [many] : [];
        const { test } = compileWildcard(anchor(parseWildcard(pattern), where), cased);
        const expected = naiveMatch([...before, ...tokens, ...after], fold(sample));
        expect({ pattern, sample, where, matches: test(fold(sample)) }).toEqual({
          pattern,
          sample,
          where,
          matches: expected,
        });
      }),
      { numRuns: 5000 },
    );
  });

  it("name an exact text or literals only where every match has it or one of them", () => {
    const dashed = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "-", "/"), maxLength: 8 });
    const samples = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "–"), maxLength: 10 });
    fc.assert(
      fc.property(fc.oneof(written, dashed), fc.oneof(text, samples), fc.boolean(), (pattern, sample, windash) => {
        const parsed = parseWildcard(pattern);
        const compiled = compileWildcard(windash ? loosenDashes(parsed) : parsed, false);
        const { literals, isLiteral } = compiled;
        const isThere = literals.some((one) => sample.toLowerCase().includes(one));
        const matches = compiled.test(sample.toLowerCase());
        expect(isLiteral && matches !== isThere).toBe(false);
        if (!matches) return;
        expect(literals.length === 0 || isThere).toBe(true);
        expect([undefined, sample.toLowerCase()]).toContain(compiled.exact);
      }),
      { numRuns: 3000 },
    );
  });

  it("keep a backslash that escapes nothing", () => {
    const { test } = compileWildcard(parseWildcard("C:\\Windows\\*"), false);
    expect(compileWildcard(parseWildcard("\\\\server\\x"), false).exact).toBe("\\server\\x");
    expect(test("c:\\windows*")).toBe(true);
    expect(compileWildcard(parseWildcard("C:\\Windows\\\\*"), false).test("c:\\windows\\cmd.exe")).toBe(true);
  });

  it("stay linear on texts made to stall backtracking matchers", () => {
    const { test } = compileWildcard(parseWildcard(`${"*a".repeat(100)}*b`), false);
    const started = performance.now();
    test("a".repeat(256 * 1024));
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe("a value without wildcards", () => {
  it("compiles to the same test the short way and the long one", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "A", "ß", "İ", "Σ", "-", "\\", "x"), maxLength: 6 });
    const anchorings = ["equals", "contains", "startswith", "endswith"] as const;
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(...anchorings), fc.boolean(), (given, value, anchoring, cased) => {
        const long = compileWildcard(anchor(parseWildcard(given), anchoring), cased);
        const short = compilePlain(given, anchoring, cased) ?? long;
        const { test, ...facts } = short;
        expect({ ...facts, test: long.test }).toEqual(long);
        for (const candidate of [value, given + value, value + given, `${value}${given}${value}`]) {
          const folded = cased ? candidate : foldText(candidate);
          expect(test(folded)).toBe(long.test(folded));
        }
      }),
    );
  });
});
