import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";

const HEAD = "title: T\nid: r\nlogsource:\n  product: test\n";
const errorsOf = (text: string) => compile([{ name: "dir/r.yml", text }]).errors;
const detection = (body: string): string => `${HEAD}detection:\n${body}`;
const correlation = (body: string): string =>
  `${detection("  s:\n    a: 1\n  condition: s\n")}---\ntitle: C\nid: c\ncorrelation:\n${body.replaceAll(/^/gm, "  ")}\n`;

describe("a rule that does not compile is named with line and column", () => {
  it.each<[string, string, number, number, string]>([
    ["an unknown modifier", detection("  s:\n    cmd|containz: x\n  condition: s"), 7, 9, "not a Sigma modifier"],
    [
      "modifiers that exclude each other",
      detection("  s:\n    cmd|contains|re: x\n  condition: s"),
      7,
      8,
      "exclude each other",
    ],
    ["a flag without re", detection("  s:\n    cmd|i: x\n  condition: s"), 7, 9, "needs re"],
    ["a regular expression", detection("  s:\n    cmd|re: 'ab(?=c)'\n  condition: s"), 7, 16, "lookahead"],
    ["a network", detection("  s:\n    ip|cidr: 10.0.0.0/99\n  condition: s"), 7, 14, "not an IPv4 or IPv6 network"],
    ["a comparison with a text", detection("  s:\n    n|gt: many\n  condition: s"), 7, 11, "gt needs a number"],
    ["exists with a text", detection("  s:\n    n|exists: perhaps\n  condition: s"), 7, 15, "true or false"],
    [
      "an unknown selection",
      detection("  s:\n    a: 1\n  condition: s and filter"),
      8,
      20,
      '"filter", which is not defined',
    ],
    [
      "a pattern without selections",
      detection("  s:\n    a: 1\n  condition: 'x or 1 of y*'"),
      8,
      14,
      '"x", which is not defined',
    ],
    ["an aggregation", detection("  s:\n    a: 1\n  condition: s | count() > 5"), 8, 16, "version 1"],
    ["a timeframe", detection("  s:\n    a: 1\n  timeframe: 5m\n  condition: s"), 8, 3, "version 1"],
    ["no condition", detection("  s:\n    a: 1"), 6, 3, "no condition"],
    ["an empty list", detection("  s:\n    a: []\n  condition: s"), 7, 8, "empty list"],
    ["a map as value", detection("  s:\n    a: { b: 1 }\n  condition: s"), 7, 8, "a map is no value"],
    ["a merge key", detection("  s:\n    <<: { a: 1 }\n  condition: s"), 7, 5, "merge keys"],
    ["no logsource", "title: T\nid: r\ndetection:\n  s: { a: 1 }\n  condition: s", 1, 1, "no logsource"],
    ["no title", "id: r\nlogsource: { product: x }\ndetection:\n  s: { a: 1 }\n  condition: s", 1, 1, "no title"],
    ["an unknown level", `level: urgent\n${detection("  s: { a: 1 }\n  condition: s")}`, 1, 8, "not a level"],
    ["no detection", "title: F\nlogsource: { product: x }", 1, 1, "no detection"],
    ["broken YAML", "title: [a\nid: r", 2, 1, "not valid YAML"],
    ["a key twice", "title: a\ntitle: b", 2, 1, "stands twice"],
    [
      "an unknown type",
      correlation("type: event_rate\nrules: [r]\ntimespan: 1m\ncondition: { gt: 1 }"),
      13,
      9,
      "not a correlation type",
    ],
    [
      "a timespan",
      correlation("type: event_count\nrules: [r]\ntimespan: 1 week\ncondition: { gt: 1 }"),
      15,
      13,
      "not a timespan",
    ],
    [
      "a rule that is not there",
      correlation("type: event_count\nrules: [r, gone]\ntimespan: 1m\ncondition: { gt: 1 }"),
      14,
      14,
      '"gone"',
    ],
    [
      "an operator",
      correlation("type: event_count\nrules: [r]\ntimespan: 1m\ncondition: { over: 1 }"),
      16,
      16,
      "not an operator",
    ],
    [
      "value_count without a field",
      correlation("type: value_count\nrules: [r]\ntimespan: 1m\ncondition: { gt: 1 }"),
      16,
      14,
      "value_count needs a field",
    ],
    [
      "an unknown key",
      correlation("type: event_count\nrules: [r]\ntimespan: 1m\nwindow: sliding\ncondition: { gt: 1 }"),
      16,
      3,
      "not a key of a correlation",
    ],
  ])("%s", (_, text, line, column, message) => {
    const [error, ...more] = errorsOf(text);
    expect(more).toEqual([]);
    expect(error).toMatchObject({ file: "dir/r.yml", line, column, message: expect.stringContaining(message) });
    expect(error?.remedy).not.toBe("");
  });

  it.each([
    ["a modifier", detection("  s:\n    cmd|containz: x\n  condition: s"), "contains"],
    ["a selection", detection("  selection:\n    a: 1\n  condition: selektion"), "selection"],
    ["a level", `level: hihg\n${detection("  s: { a: 1 }\n  condition: s")}`, "high"],
    [
      "a correlation's type",
      correlation("type: event_cuont\nrules: [r]\ntimespan: 1m\ncondition: { gt: 1 }"),
      "event_count",
    ],
    [
      "a reference",
      correlation("type: event_count\nrules: [thing]\ntimespan: 1m\ncondition: { gt: 1 }").replace(
        "id: r",
        "id: things",
      ),
      "things",
    ],
  ])("and the remedy says what was probably meant by %s", (_, text, meant) => {
    expect(errorsOf(text)).toMatchObject([{ remedy: expect.stringContaining(`did you mean "${meant}"?`) }]);
  });

  it("and does not stop the others", () => {
    const good = detection("  s: { a: 1 }\n  condition: s\n");
    const bad = good.replace("id: r", "id: bad").replace("condition: s", "condition: t");
    const ruleset = compile([{ name: "r.yml", text: `${bad}---\n${good}` }]);
    expect(ruleset.rules.map((rule) => rule.id)).toEqual(["r"]);
    expect(ruleset.errors).toMatchObject([{ ruleId: "bad", line: 7 }]);
  });

  it("and an id that exists already names where", () => {
    const text = detection("  s: { a: 1 }\n  condition: s\n");
    const { errors, rules } = compile([
      { name: "a.yml", text },
      { name: "b.yml", text },
    ]);
    expect(rules).toHaveLength(1);
    expect(errors).toMatchObject([{ file: "b.yml", line: 2, column: 5, message: expect.stringContaining("a.yml:1") }]);
  });

  it("and rules made for a correlation stay silent when it does not compile", () => {
    const text = correlation("type: event_rate\nrules: [r]\ntimespan: 1m\ncondition: { gt: 1 }");
    expect(compile([{ name: "r.yml", text }]).rules).toMatchObject([{ id: "r", alerts: false }]);
  });
});

describe("a hostile rule file", () => {
  it("never makes compile throw", () => {
    const line = fc.constantFrom(
      "title: T",
      "id: r",
      "logsource: {product: x}",
      "detection:",
      "  s:",
      "    a|re: '(a+)+'",
      "    a: [1, *x, null]",
      "    - b",
      "  condition: 1 of *",
      "---",
      "correlation:",
      "  rules: s",
      "  type: event_count",
      "&x",
      "  timespan: 5m",
      "!!binary x",
      "  ? [a]: b",
      "\t",
      "{",
      "*x",
      "filter: {}",
      "  condition: {gt: 1e99}",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const { errors } = compile([{ name: "r.yml", text: lines.join("\n") }]);
        for (const error of errors) expect(error.line).toBeGreaterThan(0);
      }),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => void compile([{ name: "r.yml", text }])),
      { numRuns: 500 },
    );
  });

  it("cannot expand without bound through aliases", () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `x${level}: &l${level} [${
          level === 0
            ? "a"
            : Array(9)
                .fill(`*l${level - 1}`)
                .join(", ")
        }]`,
    );
    const text = `${levels.join("\n")}\n${detection("  s:\n    f: *l11\n  condition: s")}`;
    const started = performance.now();
    expect(errorsOf(text)).toHaveLength(1);
    expect(errorsOf(`${text.replace("*l11", "x")}\nfirebreak: { a: *l11 }\n`)).toMatchObject([
      { message: expect.stringContaining("more than 10000 values") },
    ]);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("is refused when it is nested without end or too large", () => {
    expect(
      errorsOf(`firebreak: { a: ${"[".repeat(200)}${"]".repeat(200)} }\n${detection("  s: { a: 1 }\n  condition: s")}`),
    ).toHaveLength(1);
    const keys = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join("\n");
    const started = performance.now();
    expect(errorsOf(keys)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(errorsOf(`# ${"x".repeat(5 * 1024 * 1024)}`)).toMatchObject([
      { message: expect.stringContaining("larger than") },
    ]);
  });
});
