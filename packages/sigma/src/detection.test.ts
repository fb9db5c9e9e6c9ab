import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";

const HEAD = "title: T\nid: r\nlogsource: { product: test }\n";
type Fields = Record<string, unknown>;

function hits(detection: string, fields: Fields): boolean {
  const ruleset = compile([{ name: "r.yml", text: `${HEAD}detection:\n${detection.replaceAll(/^/gm, "  ")}` }]);
  expect(ruleset.errors).toEqual([]);
  const event = { presentations: [{ logsource: { product: "test" }, fields }] };
  return ruleset.createEngine().evaluate(event, { time: 0, id: "e" }).length > 0;
}

/** A rule with one selection of one line. */
const one = (line: string, fields: Fields): boolean => hits(`selection:\n  ${line}\ncondition: selection`, fields);

describe("values", () => {
  it.each<[string, Fields, boolean]>([
    ["name: Value", { name: "vALUE" }, true],
    ["name: Value", { name: "Value " }, false],
    ["name: Value", {}, false],
    ["name: STRASSE", { name: "strasse" }, true],
    ["name: 'ΟΔΟΣ'", { name: "οδος" }, true],
    ["name|contains: 'ΟΔΟΣ'", { name: "οδοσα" }, true],
    ["name: ''", { name: "" }, true],
    ["name: ''", { name: null }, false],
    ["name: ''", {}, false],
    ["name: null", {}, true],
    ["name: null", { name: null }, true],
    ["name: null", { name: "" }, false],
    ["name:", {}, true],
    ["name: [a, null]", { name: "b" }, false],
    ["name: [a, null]", {}, true],
    ["EventID: 1", { EventID: 1 }, true],
    ["EventID: 1", { EventID: "1" }, true],
    ["EventID: 1", { EventID: 10 }, false],
    ["EventID: '1'", { EventID: 1 }, true],
    ["code: 007", { code: "007" }, true],
    ["code: 007", { code: 7 }, true],
    ["hash: 12345678901234567890", { hash: "12345678901234567890" }, true],
    ["UAC|endswith: 8???", { UAC: 12_8000 }, true],
    ["on: true", { on: true }, true],
    ["on: true", { on: "True" }, true],
    ["on: true", { on: false }, false],
    ["name: a*c", { name: "aXXc" }, true],
    ["name: a?c", { name: "abc" }, true],
    ["name: a?c", { name: "ac" }, false],
    ["name: a\\*c", { name: "a*c" }, true],
    ["name: a\\*c", { name: "abc" }, false],
    ["name: a\\\\*", { name: "a\\b" }, true],
    ["Field Name: x", { FieldName: "x" }, true],
    ["FieldName: x", { "Field Name": "x" }, true],
    ["Field Name: x", { "Field Name": "x" }, true],
    ["a.b.c: x", { a: { b: { c: "x" } } }, true],
    ["a.b.c: x", { "a.b.c": "x" }, true],
    ["a.b.c: x", { a: { "b.c": "x" } }, true],
    ["a.b: x", { a: [{ b: "y" }, { b: "x" }] }, true],
    ["a.b: null", { a: { c: 1 } }, true],
    ["list: x", { list: ["y", "x"] }, true],
    ["args|contains: rm", { args: { cmd: ["rm", "-rf"] } }, true],
  ])("%s on %j is %s", (line, fields, expected) => {
    expect(one(line, fields)).toBe(expected);
  });
});

describe("modifiers", () => {
  it.each<[string, Fields, boolean]>([
    ["c|contains: B", { c: "abc" }, true],
    ["c|contains: d", { c: "abc" }, false],
    ["c|startswith: A", { c: "abc" }, true],
    ["c|startswith: b", { c: "abc" }, false],
    ["c|endswith: C", { c: "abc" }, true],
    ["c|endswith: b", { c: "abc" }, false],
    ["c|contains: a*c", { c: "xaYcx" }, true],
    ["c|contains: [x, b]", { c: "abc" }, true],
    ["c|contains|all: [a, b]", { c: "abc" }, true],
    ["c|contains|all: [a, x]", { c: "abc" }, false],
    ["c|all|contains: [a, b]", { c: "abc" }, true],
    ["c|contains: 12", { c: 3124 }, true],
    ["c|cased: Abc", { c: "Abc" }, true],
    ["c|cased: Abc", { c: "abc" }, false],
    ["c|contains|cased: B", { c: "abc" }, false],
    ["c|startswith|cased: a", { c: "abc" }, true],
    ["c|exists: true", { c: "" }, true],
    ["c|exists: true", {}, false],
    ["c|exists: false", {}, true],
    ["c|exists: false", { c: 1 }, false],
    ["c|re: a.c$", { c: "xabc" }, true],
    ["c|re: a.c$", { c: "xABC" }, false],
    ["c|re|i: a.c$", { c: "xABC" }, true],
    ["c|re|m: ^b$", { c: "a\nb" }, true],
    ["c|re: ^b$", { c: "a\nb" }, false],
    ["c|re|s: a.b", { c: "a\nb" }, true],
    ["c|re|i|s: A.B", { c: "a\nb" }, true],
    ["c|re: '\\d{3}'", { c: 1234 }, true],
    ["c|re: [x, b]", { c: "abc" }, true],
    ["c|re|all: [a, x]", { c: "abc" }, false],
    ["c|lt: 5", { c: 4 }, true],
    ["c|lt: 5", { c: 5 }, false],
    ["c|lte: 5", { c: "5" }, true],
    ["c|gt: 5", { c: "5.5" }, true],
    ["c|gt: 5", { c: "many" }, false],
    ["c|gt: 5", { c: "" }, false],
    ["c|gte: -1", { c: -1 }, true],
    ["c|cidr: 10.0.0.0/8", { c: "10.200.1.1" }, true],
    ["c|cidr: 10.0.0.0/8", { c: "11.0.0.1" }, false],
    ["c|cidr: [192.168.0.0/16, 10.1.2.3]", { c: "10.1.2.3" }, true],
    ["c|cidr: 0.0.0.0/0", { c: "10.1.2.300" }, false],
  ])("%s on %j is %s", (line, fields, expected) => {
    expect(one(line, fields)).toBe(expected);
  });
});

describe("selections and conditions", () => {
  const fields = { a: "1", b: "2", text: "the quick brown fox", nested: { deep: ["needle"] } };
  it.each<[string, boolean]>([
    ["s:\n  a: 1\n  b: 2\ncondition: s", true],
    ["s:\n  a: 1\n  b: 3\ncondition: s", false],
    ["s:\n  - a: 9\n  - b: 2\ncondition: s", true],
    ["s:\n  - a: 9\n  - b: 9\ncondition: s", false],
    ["k:\n  - QUICK\n  - nothing\ncondition: k", true],
    ["k:\n  - needle\ncondition: k", true],
    ["k:\n  - q*k\ncondition: k", true],
    ["k:\n  - 2\ncondition: k", true],
    ["k:\n  '|all': [quick, needle]\ncondition: k", true],
    ["k:\n  '|all': [quick, nothing]\ncondition: k", false],
    ["k:\n  '|re': 'b.own'\ncondition: k", true],
    ["k:\n  - nothing\n  - a: 1\ncondition: k", true],
    ["k: quick\ncondition: k", true],
    ["x:\n  a: 1\ny:\n  b: 3\ncondition: x or y and y", true],
    ["x:\n  a: 1\ny:\n  b: 3\ncondition: (x or y) and y", false],
    ["x:\n  a: 1\ny:\n  b: 3\ncondition: not y and x", true],
    ["x:\n  a: 1\ny:\n  b: 3\ncondition: not (x or y)", false],
    ["x_1:\n  a: 1\nx_2:\n  b: 3\ncondition: 1 of x_*", true],
    ["x_1:\n  a: 1\nx_2:\n  b: 3\ncondition: all of x_*", false],
    ["x_1:\n  a: 1\nx_2:\n  b: 2\nx_3:\n  b: 3\ncondition: 2 of x_*", true],
    ["x_1:\n  a: 1\nx_2:\n  b: 3\nx_3:\n  b: 3\ncondition: 2 of x_*", false],
    ["x:\n  a: 9\n_y:\n  b: 2\ncondition: 1 of them", false],
    ["x:\n  a: 1\n_y:\n  b: 9\ncondition: all of them", true],
    ["x:\n  a: 9\ny:\n  b: 2\ncondition: any of them", true],
    ["x:\n  a: 9\ny:\n  b: 2\ncondition:\n  - x\n  - y", true],
    ["x:\n  a: 9\ny:\n  b: 9\ncondition:\n  - x\n  - y", false],
  ])("%j is %s", (detection, expected) => {
    expect(hits(detection, fields)).toBe(expected);
  });
});

describe("logsource", () => {
  const rule = (logsource: string) => ({
    name: "r.yml",
    text: `title: T\nid: r\nlogsource: ${logsource}\ndetection:\n  s: { a: 1 }\n  condition: s\n`,
  });
  it.each<[string, Record<string, string>, boolean]>([
    ["{ product: linux }", { product: "Linux", category: "process_creation" }, true],
    ["{ product: linux, category: process_creation }", { product: "linux" }, false],
    ["{ product: linux }", { product: "windows" }, false],
    ["{ category: process_creation }", { product: "macos", category: "process_creation" }, true],
    ["{ product: linux, service: sshd }", { product: "linux", service: "sshd" }, true],
    ["{ product: linux, definition: anything }", { product: "linux" }, true],
    ["{ product: ai_agent, source: openclaw }", { product: "ai_agent" }, false],
    ["{ product: ai_agent, source: openclaw }", { product: "ai_agent", source: "openclaw" }, true],
    ["{ constructor: x }", { product: "linux" }, false],
  ])("%s on %j is %s", (wanted, presented, expected) => {
    const engine = compile([rule(wanted)]).createEngine();
    const found = engine.evaluate(
      { presentations: [{ logsource: presented, fields: { a: 1 } }] },
      { time: 0, id: "e" },
    );
    expect(found.length > 0).toBe(expected);
  });

  it("tests a rule on the presentation it is for, and reports an event once", () => {
    const engine = compile([rule("{ product: linux }")]).createEngine();
    const linux = { logsource: { product: "linux" }, fields: { a: 1 } };
    const agent = { logsource: { product: "ai_agent" }, fields: { a: 1 } };
    const count = (presentations: (typeof linux)[]) => engine.evaluate({ presentations }, { time: 0, id: "e" }).length;
    expect(count([agent])).toBe(0);
    expect(count([agent, linux])).toBe(1);
    expect(count([linux, linux])).toBe(1);
  });

  it("is not looked at when routing is off", () => {
    const engine = compile([rule("{ product: linux }")]).createEngine({ logsourceRouting: false });
    expect(
      engine.evaluate({ presentations: [{ logsource: {}, fields: { a: 1 } }] }, { time: 0, id: "e" }),
    ).toHaveLength(1);
  });
});

describe("a match", () => {
  it("says which selections, fields and values made it, in data and in a sentence", () => {
    const text = `${HEAD}level: high\ntags: [attack.t1485]\nfirebreak: { incident_type: x, severity: 2 }\ndetection:\n  sel: { command|contains: 'rm -rf', user: root }\n  not_this: { user: nobody }\n  condition: sel and not not_this\n`;
    const engine = compile([{ name: "r.yml", text }]).createEngine();
    const fields = { command: "sudo rm -rf /", user: "root" };
    const matches = engine.evaluate(
      { presentations: [{ logsource: { product: "test" }, fields }] },
      { time: 5, id: "e1" },
    );
    expect(JSON.parse(JSON.stringify(matches))).toEqual([
      {
        ruleId: "r",
        title: "T",
        level: "high",
        kind: "selection",
        tags: ["attack.t1485"],
        selections: [
          {
            name: "sel",
            fields: [
              { field: "command", value: "sudo rm -rf /", modifier: "contains", pattern: "rm -rf" },
              { field: "user", value: "root", modifier: "equals", pattern: "root" },
            ],
          },
        ],
        eventIds: ["e1"],
        firstTime: 5,
        lastTime: 5,
        sentence: 'T (high): command contains "rm -rf" in "sudo rm -rf /", user is "root"',
        custom: { incident_type: "x", severity: 2 },
      },
    ]);
  });
});
