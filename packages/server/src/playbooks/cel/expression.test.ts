import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression } from "./expression.ts";
import type { CelOutcome } from "./expression.ts";

const SCOPE = {
  inputs: { count: 5, share: 2.5, names: ["scout", "writer"], __proto__: null },
  steps: { "look-up": { state: "succeeded", output: { percent: 91.2, found: [{ pid: 4 }, { pid: 9 }] } } },
  incident: { id: null, severity: 2 },
  big: Array.from({ length: 2000 }, (_, index) => index),
  text: "a".repeat(60_000),
};

function evaluate(text: string): CelOutcome {
  const compiled = compileExpression(text);
  return compiled.ok ? compiled.expression.evaluate(SCOPE) : { ok: false, message: compiled.message };
}

describe("P-1: conditions in CEL", () => {
  test.each([
    ["inputs.count > 3 && inputs.count == 5", true],
    ["inputs.count + 1.5", 6.5],
    ["inputs.share * 2", 5],
    ["inputs.names[inputs.count - 4]", "writer"],
    ["has(inputs.nothing)", false],
    ['steps["look-up"].output.percent >= 90', true],
    ['steps["look-up"].output.found.map(one, one.pid)', [4, 9]],
    ['steps["look-up"].output.found.filter(one, one.pid > 5).size()', 1],
    ["incident.id == null", true],
    ['"scout" in inputs.names ? {"who": inputs.names} : {}', { who: ["scout", "writer"] }],
    ['inputs.names.exists(name, name.matches("^s.*t$"))', true],
    ['inputs.count == "5"', false],
  ])("%s is %j", (text, value) => {
    expect(evaluate(text)).toEqual({ ok: true, value });
  });

  test.each([
    ["inputs.nothing", /nothing/],
    ["inputs.constructor", /constructor/],
    ['inputs.count > "a"', /overload/],
    ["inputs.names[7]", /bounds/],
    ["inputs.count / 0", /zero/],
    ["unknown", /attribute/],
    ["inputs.count >", /found/],
    ["(".repeat(900), /nested|found/],
    ["big.all(a, big.all(b, big.all(c, true)))", /loops/],
    ["big.all(a, big.all(b, a + b >= 0))", /too many steps/],
    [`["xxxxxxxxxxxxxxxxxxxx"]${".map(x, x + x)".repeat(30)}`, /too long|too large/],
    ['big.exists(x, text.matches("b"))', /too many steps|too much/],
    ['timestamp("2026-01-01T00:00:00Z")', /neither/],
  ])("%s is an error that says why", (text, message) => {
    expect(evaluate(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  test("a pattern made to take for ever takes no time", () => {
    expect(evaluate(`"${"a".repeat(40)}!".matches("^(a+)+$")`)).toEqual({ ok: true, value: false });
  });

  test("what an expression reads is known before it runs, without the names of its own loops", () => {
    const compiled = compileExpression('has(inputs.x) && steps["a-b"].output.list.all(one, one > each.min)');
    expect(compiled.ok && compiled.expression.references).toEqual([
      { root: "inputs", path: ["x"], optional: true, offset: 4 },
      { root: "steps", path: ["a-b", "output", "list"], optional: false, offset: 17 },
      { root: "each", path: ["min"], optional: false, offset: 57 },
    ]);
  });

  test("any text compiles, or is refused with a place within it; no evaluation throws", () => {
    const pieces = fc.constantFrom(
      "inputs",
      ".count",
      " + ",
      "(",
      ")",
      "[",
      "]",
      "1",
      '"a"',
      "has(",
      ".map(x, x)",
      "?",
      ":",
      "{",
      "}",
      "\n",
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.array(pieces, { maxLength: 14 }).map((all) => all.join("")),
        ),
        (text) => {
          const compiled = compileExpression(text);
          const offset = compiled.ok ? 0 : compiled.offset;
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(offset).toBeLessThanOrEqual(text.length + 1);
          if (compiled.ok) compiled.expression.evaluate(SCOPE);
        },
      ),
      { numRuns: 300 },
    );
  });
});
