import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compileMatchers, formatMatchers, parseMatchers } from "./matchers.ts";

function testOf(text: string) {
  const parsed = parseMatchers(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const compiled = compileMatchers(parsed.value);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.value;
}

function problemOf(text: string): string {
  const parsed = parseMatchers(text);
  if (!parsed.ok) return parsed.problem;
  const compiled = compileMatchers(parsed.value);
  return compiled.ok ? "none" : compiled.problem;
}

test.each([
  ["team=db", { team: "db" }, true],
  ["team=db", { team: "dba" }, false],
  ['{team="db",host=~"web-[0-9]+"}', { team: "db", host: "web-12" }, true],
  ['host=~"web"', { host: "web-12" }, false],
  ['host=~"a|b"', { host: "ab" }, false],
  ['host!~"web-.*"', { host: "db-1" }, true],
  ['host!~".+"', {}, true],
  ["team!=db", {}, true],
  ['team=""', {}, true],
  ['"with space" = "a, b"', { "with space": "a, b" }, true],
  ['text=~"a.b"', { text: "a\nb" }, true],
  ["toString=x", {}, false],
  ['toString=""', {}, true],
] as const)("D-9: %s on %j is %s", (text, labels, expected) => {
  expect(testOf(text)(labels)).toBe(expected);
});

test.each([
  ["", "at least one condition"],
  ["team", "expected at"],
  ["team=a b=c", "a comma is expected"],
  ['team=~"("', "an opening bracket without a closing one at character 1"],
  ['team=~"a)|(b"', "a closing bracket without an opening one"],
  ['team=~"(a)\\\\1"', "a backreference, which is outside the language"],
  ['team="\\q"', "an escape that JSON does not know"],
  [Array.from({ length: 33 }, (_, i) => `l${i}=x`).join(","), "at most 32 conditions"],
])("D-9: %s is refused with what is wrong", (text, problem) => {
  expect(problemOf(text)).toContain(problem);
});

test("D-9: what is written is read again as the same conditions", () => {
  const condition = fc.record({
    name: fc.string({ minLength: 1, maxLength: 20 }).map((name) => (/^[^\s"=!~,{}]+$/.test(name) ? name : "n")),
    op: fc.constantFrom("=" as const, "!=" as const, "=~" as const, "!~" as const),
    value: fc.string({ unit: "grapheme", maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(condition, { minLength: 1, maxLength: 8 }), (matchers) => {
      expect(parseMatchers(formatMatchers(matchers))).toEqual({ ok: true, value: matchers });
    }),
  );
});

test("D-9: a pattern that would take a backtracking engine for ever answers at once", () => {
  const matches = testOf('text=~"(a+)+$"');
  expect(matches({ text: `${"a".repeat(1000)}b` })).toBe(false);
});
