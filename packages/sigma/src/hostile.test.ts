import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";

const TEXT = `title: T
id: r
logsource: { product: test }
detection:
  fields:
    a.b.c|contains: needle
    a|re: '(x+x+)+y'
    list|contains|all: [p, q]
    __proto__|contains: z
    constructor: null
    n|gt: 5
    ip|cidr: 10.0.0.0/8
    w: '*a*b*c*d*e*?f'
  words: [needle, 'hay*stack']
  condition: 1 of them or not fields
`;
const ruleset = compile([{ name: "r.yml", text: TEXT }]);
const run = (fields: Record<string, unknown>) => {
  const engine = ruleset.createEngine();
  const started = performance.now();
  const matches = engine.evaluate(
    { presentations: [{ logsource: { product: "test" }, fields }] },
    { time: 0, id: "e" },
  );
  return { matches, engine, tookMs: performance.now() - started };
};
const parsed = (json: string): Record<string, unknown> => JSON.parse(json);

describe("a hostile event", () => {
  it("never makes the engine throw", () => {
    expect(ruleset.errors).toEqual([]);
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("a", "b", "c", "list", "n", "ip", "w", "__proto__", "a b"), fc.anything()),
        (fields) => {
          run(fields);
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => void run({ a: JSON.parse(json) })),
      { numRuns: 500 },
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["of great depth", parsed(`{"a":${'{"b":'.repeat(5000)}1${"}".repeat(5000)}}`)],
    ["of deep lists", parsed(`{"list":${"[".repeat(5000)}${"]".repeat(5000)}}`)],
    ["with a huge list", { list: Array.from({ length: 100_000 }, (_, index) => `v${index}`) }],
    ["with a huge list of maps", { a: Array.from({ length: 100_000 }, () => ({ b: [{ c: "x" }] })) }],
    ["with many keys", Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key ${index}`, "x"]))],
    ["with a text of 256 KB", { a: "x".repeat(256 * 1024), w: "abcde".repeat(50_000), list: "p".repeat(256 * 1024) }],
    ["with a text beyond the limit", { a: "x".repeat(3 * 1024 * 1024) }],
    [
      "with names of prototypes",
      parsed('{"__proto__":{"a":1},"constructor":{"prototype":{}},"toString":"z","hasOwnProperty":1}'),
    ],
  ])("%s is answered in time", (_, fields) => {
    expect(run(fields).tookMs).toBeLessThan(10_000);
  });

  it("shows in the counters when something was cut", () => {
    expect(run({ list: Array(10_000).fill("x") }).engine.counters().truncatedValues).toBeGreaterThan(0);
    expect(run({ w: "x".repeat(1024 * 1024) }).engine.counters().truncatedValues).toBeGreaterThan(0);
    expect(run({ a: "x" }).engine.counters().truncatedValues).toBe(0);
  });

  it("reads an own __proto__ key like any other and never the prototype", () => {
    const rule = `title: P\nid: p\nlogsource: { product: test }\ndetection:\n  s: { __proto__: z }\n  t: { toString|exists: true }\n  condition: 1 of them\n`;
    const engine = compile([{ name: "p.yml", text: rule }]).createEngine();
    const count = (json: string): number =>
      engine.evaluate(
        { presentations: [{ logsource: { product: "test" }, fields: parsed(json) }] },
        { time: 0, id: "e" },
      ).length;
    expect(count('{"__proto__":"z"}')).toBe(1);
    expect(count('{"a":"z"}')).toBe(0);
  });
});
