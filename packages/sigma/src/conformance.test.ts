import { describe, expect, it } from "vitest";
import { compile, type Engine, type Match } from "./index.ts";

/**
 * The specification 2.1.0, chapter by chapter: each feature with what it must find and what it must not. Details and
 * corner cases have their tests beside the code; these show that nothing is left out.
 */

type Fields = Readonly<Record<string, unknown>>;

const LOGSOURCE = { product: "test" };
const evaluate = (engine: Engine, fields: Fields, time = 0, id = `e${time}`): Match[] =>
  engine.evaluate({ presentations: [{ logsource: LOGSOURCE, fields }] }, { time, id });

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");

/** @param detection the lines under `detection:` */
function ruleOf(detection: string, head = "title: T\nid: r"): string {
  return `${head}\nlogsource: { product: test }\ndetection:\n${indent(detection)}\n`;
}

function engineOf(...documents: readonly string[]): Engine {
  const ruleset = compile([{ name: "r.yml", text: documents.join("---\n") }], {
    placeholders: { Servers: ["srv*", "db1"] },
  });
  expect(ruleset.errors).toEqual([]);
  return ruleset.createEngine();
}

/** Feature, detection, records it finds, records it does not. */
type Row = readonly [string, string, readonly Fields[], readonly Fields[]];

/** One selection and nothing else. */
const one = (line: string): string => `s:\n${indent(line)}\ncondition: s`;
const text = (...values: unknown[]): Fields[] => values.map((f) => ({ f }));
const b64 = (value: string): string => btoa(value);
const utf16 = (value: string, big = false): string =>
  value
    .split("")
    .map((char) => (big ? `\0${char}` : `${char}\0`))
    .join("");

const CHAPTERS: Readonly<Record<string, readonly Row[]>> = {
  "detection: values": [
    ["compare without regard to case", one("f: aBc"), text("abc", "ABC"), text("abcd", "")],
    ["? is one character", one("f: 'a?c'"), text("abc", "a?c"), text("ac", "abbc")],
    ["* is any number of characters", one("f: 'a*c'"), text("ac", "abbc"), text("abcd")],
    [String.raw`\* and \? are plain`, one(String.raw`f: 'a\*b\?'`), text("a*b?"), text("axb?", "a*bx")],
    [String.raw`a single backslash is plain`, one(String.raw`f: 'a\b'`), text(String.raw`a\b`), text("ab")],
    [String.raw`a double backslash is one`, one(String.raw`f: 'a\\b'`), text(String.raw`a\b`), text(String.raw`a\\b`)],
    [String.raw`\\* is a backslash and a wildcard`, one(String.raw`f: 'a\\*'`), text(String.raw`a\xyz`), text("a*")],
    [
      String.raw`\\\* is a backslash and a star`,
      one(String.raw`f: 'a\\\*'`),
      text(String.raw`a\*`),
      text(String.raw`a\x`),
    ],
    [String.raw`four backslashes are two`, one(String.raw`f: 'a\\\\b'`), text(String.raw`a\\b`), text(String.raw`a\b`)],
    ["numbers are compared as texts", one("f: 4769"), text(4769, "4769"), text(47, "04769")],
    ["an empty value", one("f: ''"), text(""), [...text("x"), {}]],
    ["null is an absent field or a null", one("f: null"), [{}, { f: null }], text("", "x")],
    ["not null", "s: { a: 1 }\nn: { f: null }\ncondition: s and not n", [{ a: 1, f: "x" }], [{ a: 1 }]],
  ],
  "detection: structure": [
    ["a list of values is an or", one("f: [a, b]"), text("a", "b"), text("c")],
    ["a map is an and", one("a: 1\nb: 2"), [{ a: 1, b: 2 }], [{ a: 1 }, { b: 2 }]],
    ["a list of maps is an or", one("- a: 1\n- b: 2"), [{ a: 1 }, { b: 2 }], [{ a: 2 }]],
    ["keywords are looked for anywhere", one("- evil\n- bad"), [{ x: "so EVIL" }, { y: "bad" }], [{ x: "good" }]],
    ["keywords with |all are an and", one("'|all':\n  - evil\n  - bad"), [{ x: "evil", y: "bad" }], [{ x: "evil" }]],
    ["spaces of field names do not count", one("NewValue: 1"), [{ "New Value": 1 }], [{ New_Value: 1 }]],
    ["dotted names lead into objects", one("a.b: 1"), [{ a: { b: 1 } }, { "a.b": 1 }], [{ a: 1 }]],
  ],
  "modifiers: generic": [
    ["contains", one("f|contains: b"), text("abc"), text("ac")],
    ["startswith", one("f|startswith: a"), text("Abc"), text("ba")],
    ["endswith", one("f|endswith: c"), text("abC"), text("ca")],
    ["all", one("f|contains|all: [a, b]"), text("b a"), text("a", "b")],
    ["exists: true", one("f|exists: true"), text("x", "", null), [{}]],
    ["exists: false", one("f|exists: false"), [{}], text("x", "")],
    ["cased", one("f|cased: aB"), text("aB"), text("ab", "AB")],
    ["neq", one("f|neq: a"), text("b"), text("a", "A")],
  ],
  "modifiers: texts": [
    ["windash", one("f|contains|windash: ' -x'"), text("a -x", "a /x", "a –x", "a —x", "a ―x"), text("a x")],
    ["re is case-sensitive", one("f|re: '^a[b-d]+(e|f)?.{1,2}$'"), text("abcde!"), text("ABCDE!", "a")],
    ["re with i", one("f|re|i: '^ab$'"), text("AB"), text("abc")],
    ["re with m", one("f|re|m: '^b$'"), text("a\nb\nc"), text("ab")],
    ["re with s", one("f|re|s: 'a.b'"), text("a\nb"), text("ab")],
    ["re without s", one("f|re: 'a.b'"), text("axb"), text("a\nb")],
    ["base64", one("f|base64: foobar"), text(b64("foobar")), text("foobar")],
    [
      "base64offset",
      one("f|base64offset|contains: foobar"),
      text(b64("foobar!"), b64("1foobar"), b64("12foobar34")),
      text(b64("fooBAR")),
    ],
    ["wide", one("f|wide|base64: ab"), text(b64(utf16("ab"))), text(b64("ab"))],
    ["utf16le", one("f|utf16le|base64: ab"), text(b64(utf16("ab"))), text(b64(utf16("ab", true)))],
    ["utf16be", one("f|utf16be|base64: ab"), text(b64(utf16("ab", true))), text(b64(utf16("ab")))],
    [
      "utf16 begins with a mark",
      one("f|utf16|base64: ab"),
      text(b64(`\xff\xfe${utf16("ab")}`)),
      text(b64(utf16("ab"))),
    ],
  ],
  "modifiers: numbers, times, addresses": [
    ["lt", one("f|lt: 5"), text(4, "4.9"), text(5, "x")],
    ["lte", one("f|lte: 5"), text(5), text(6)],
    ["gt", one("f|gt: 5"), text(6, "5.1"), text(5)],
    ["gte", one("f|gte: 5"), text(5), text(4)],
    ["neq of a number", one("f|neq: 5"), text(4), text(5)],
    ["minute", one("f|minute: 7"), text("2026-01-31T12:07:00Z"), text("2026-01-31T07:12:00Z")],
    ["hour", one("f|hour|gte: 20"), text("2026-01-31T20:00:00Z"), text("2026-01-31T19:59:00Z")],
    ["day", one("f|day: 31"), text("2026-01-31T12:07:00Z"), text("2026-01-30T12:07:00Z")],
    ["week", one("f|week: 5"), text("2026-01-31T12:07:00Z"), text("2026-02-10T12:07:00Z")],
    ["month", one("f|month: 1"), text("2026-01-31T12:07:00Z"), text("2026-02-01T12:07:00Z")],
    ["year", one("f|year: 2026"), text("2026-01-31T12:07:00Z"), text("2025-12-31T12:07:00Z")],
    ["cidr of IPv4", one("f|cidr: 10.0.0.0/8"), text("10.1.2.3"), text("11.0.0.1", "x")],
    ["cidr of IPv6", one("f|cidr: 'fd00::/8'"), text("fd12::1"), text("fe80::1")],
  ],
  "modifiers: specific": [
    ["fieldref", one("f|fieldref: g"), [{ f: "x", g: "X" }], [{ f: "x", g: "y" }, { f: "x" }]],
    ["fieldref with neq", one("f|fieldref|neq: g"), [{ f: "x", g: "y" }], [{ f: "x", g: "x" }]],
    [
      "expand puts in the values of a placeholder",
      one("f|expand: '%Servers%'"),
      text("srv9", "db1"),
      text("%Servers%"),
    ],
    [
      "expand with a plain percent sign",
      one(String.raw`f|expand: '\%plain%Servers%'`),
      text("%plaindb1"),
      text("plaindb1", String.raw`\%plaindb1`),
    ],
    ["without expand a placeholder is plain", one("f: '%Servers%'"), text("%Servers%"), text("db1")],
  ],
  conditions: [
    ["or", "a: { f: 1 }\nb: { g: 1 }\ncondition: a or b", [{ f: 1 }, { g: 1 }], [{}]],
    ["and", "a: { f: 1 }\nb: { g: 1 }\ncondition: a and b", [{ f: 1, g: 1 }], [{ f: 1 }]],
    ["not", "a: { f: 1 }\nb: { g: 1 }\ncondition: a and not b", [{ f: 1 }], [{ f: 1, g: 1 }]],
    ["1 of them", "a: { f: 1 }\nb: { g: 1 }\ncondition: 1 of them", [{ f: 1 }, { g: 1 }], [{}]],
    ["all of them", "a: { f: 1 }\nb: { g: 1 }\ncondition: all of them", [{ f: 1, g: 1 }], [{ f: 1 }]],
    ["them leaves out what begins with _", "a: { f: 1 }\n_b: { g: 1 }\ncondition: all of them", [{ f: 1 }], [{ g: 1 }]],
    ["1 of a pattern", "s_a: { f: 1 }\ns_b: { g: 1 }\nx: { h: 1 }\ncondition: 1 of s_*", [{ g: 1 }], [{ h: 1 }]],
    ["all of a pattern", "s_a: { f: 1 }\ns_b: { g: 1 }\ncondition: all of s_*", [{ f: 1, g: 1 }], [{ g: 1 }]],
    [
      "a pattern with * inside",
      "s_a_x: { f: 1 }\ns_b_x: { g: 1 }\ns_c: { h: 1 }\ncondition: 1 of s*x",
      [{ f: 1 }, { g: 1 }],
      [{ h: 1 }],
    ],
    [
      "N of, of the drafts",
      "a: { f: 1 }\nb: { g: 1 }\nc: { h: 1 }\ncondition: 2 of them",
      [{ f: 1, h: 1 }],
      [{ f: 1 }],
    ],
    ["any of, of version 1", "a: { f: 1 }\nb: { g: 1 }\ncondition: any of them", [{ g: 1 }], [{}]],
    ["brackets", "a: { f: 1 }\nb: { g: 1 }\nc: { h: 1 }\ncondition: a and (b or c)", [{ f: 1, h: 1 }], [{ h: 1 }]],
    [
      "and binds closer than or, not closer than and",
      "a: { f: 1 }\nb: { g: 1 }\nc: { h: 1 }\ncondition: a or not b and c",
      [{ f: 1, g: 1 }, { h: 1 }],
      [{ g: 1, h: 1 }, {}],
    ],
    ["a list of conditions is an or", "a: { f: 1 }\nb: { g: 1 }\ncondition: [a, b]", [{ f: 1 }, { g: 1 }], [{}]],
  ],
};

describe("specification 2.1.0", () => {
  for (const [chapter, rows] of Object.entries(CHAPTERS)) {
    describe(chapter, () => {
      it.each(rows)("%s", (_, detection, found, notFound) => {
        const engine = engineOf(ruleOf(detection));
        for (const fields of found)
          expect({ fields, matches: evaluate(engine, fields).length }).toEqual({ fields, matches: 1 });
        for (const fields of notFound) {
          expect({ fields, matches: evaluate(engine, fields).length }).toEqual({ fields, matches: 0 });
        }
      });
    });
  }

  it("every modifier of the appendix is among them", () => {
    const modifiers =
      "all startswith endswith contains exists cased neq windash re i m s base64 base64offset utf16le utf16be utf16 wide lt lte gt gte minute hour day week month year cidr expand fieldref".split(
        " ",
      );
    const used = new Set(
      Object.values(CHAPTERS)
        .flat()
        .flatMap(([, detection]) => [...detection.matchAll(/\|([a-z\d]+)/g)].map(([, name]) => name)),
    );
    expect(modifiers.filter((name) => !used.has(name))).toEqual([]);
  });

  it.each([
    ["a placeholder without values refuses the rule", one("f|expand: '%Nobody%'"), "%Nobody%"],
    ["lookaround is not in the flavour of regular expressions", one("f|re: 'a(?=b)'"), "look"],
    ["a modifier that does not exist", one("f|containz: a"), "not a Sigma modifier"],
    ["a condition that names nothing", "s: { f: 1 }\ncondition: t", "t"],
    ["a pattern that fits nothing", "s: { f: 1 }\ncondition: 1 of t*", "t*"],
  ])("%s", (_, detection, message) => {
    const { errors } = compile([{ name: "r.yml", text: ruleOf(detection) }]);
    expect(errors).toMatchObject([{ file: "r.yml", message: expect.stringContaining(message) }]);
  });
});

describe("specification 2.1.0: correlations", () => {
  const base = (name: string) => ruleOf(one(`kind: ${name}`), `title: ${name}\nid: id-${name}\nname: ${name}`);
  const correlate = (body: string, head = "title: C\nid: c") => `${head}\ncorrelation:\n${indent(body)}\n`;
  const MINUTE = 60_000;
  type Step = readonly [number, Fields];
  const run = (engine: Engine, steps: readonly Step[]): string[] =>
    steps.flatMap(([minute, fields], at) =>
      evaluate(engine, fields, minute * MINUTE, `e${at}`).map(({ ruleId }) => `${minute} ${ruleId}`),
    );
  const a = (minute: number, more: Fields = {}): Step => [minute, { kind: "a", user: "u", ...more }];
  const b = (minute: number, more: Fields = {}): Step => [minute, { kind: "b", user: "u", ...more }];
  const body = (type: string, condition: string) =>
    `type: ${type}\nrules: [a]\ngroup-by: [user]\ntimespan: 10m\ncondition: ${condition}`;

  it.each<[string, string, readonly Step[], readonly string[]]>([
    ["event_count", body("event_count", "{ gte: 2 }"), [a(0), a(9)], ["9 c"]],
    [
      "value_count",
      body("value_count", "{ field: f, gte: 2 }"),
      [a(0, { f: 1 }), a(1, { f: 1 }), a(2, { f: 2 })],
      ["2 c"],
    ],
    [
      "value_count of several fields",
      body("value_count", "{ field: [f, g], gte: 2 }"),
      [a(0, { f: 1, g: 1 }), a(1, { f: 1, g: 1 }), a(2, { f: 1, g: 2 })],
      ["2 c"],
    ],
    ["value_sum", body("value_sum", "{ field: f, gt: 4 }"), [a(0, { f: 2 }), a(1, { f: 2 }), a(2, { f: 1 })], ["2 c"]],
    ["value_avg", body("value_avg", "{ field: f, gte: 2.5 }"), [a(0, { f: 2 }), a(1, { f: 3 })], ["1 c"]],
    [
      "value_percentile, of the value at hand",
      body("value_percentile", "{ field: f, lte: 34 }"),
      [a(0, { f: "x" }), a(1, { f: "x" }), a(2, { f: "y" })],
      ["2 c"],
    ],
    ["gt", body("event_count", "{ gt: 1 }"), [a(0), a(1)], ["1 c"]],
    ["lt", body("event_count", "{ lt: 2 }"), [a(0), a(1)], ["0 c"]],
    ["lte", body("event_count", "{ lte: 1 }"), [a(0), a(1)], ["0 c"]],
    ["eq", body("event_count", "{ eq: 2 }"), [a(0), a(1), a(2)], ["1 c"]],
    ["neq", body("event_count", "{ neq: 1 }"), [a(0), a(1)], ["1 c"]],
    ["a range", body("event_count", "{ gt: 1, lt: 3 }"), [a(0), a(1), a(2)], ["1 c"]],
    ["seconds", body("event_count", "{ gte: 2 }").replace("10m", "61s"), [a(0), a(1)], ["1 c"]],
    ["hours", body("event_count", "{ gte: 2 }").replace("10m", "1h"), [a(0), a(59)], ["59 c"]],
    ["days", body("event_count", "{ gte: 2 }").replace("10m", "1d"), [a(0), a(1439)], ["1439 c"]],
    ["temporal", "type: temporal\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10m", [b(0), a(9)], ["9 c"]],
    [
      "temporal_ordered",
      "type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10m",
      [b(0), a(1), b(2)],
      ["2 c"],
    ],
    [
      "a temporal count of rules",
      "type: temporal\nrules: [a, b, x]\ngroup-by: [user]\ntimespan: 10m\ncondition: { gte: 2 }",
      [a(0), b(1)],
      ["1 c"],
    ],
    [
      "a temporal condition over rules, of the drafts",
      "type: temporal_extended\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10m\ncondition: a and not b",
      [b(0), a(1), a(11)],
      ["11 c"],
    ],
    [
      "an ordered condition over rules, of the drafts",
      "type: temporal_ordered_extended\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10m\ncondition: a and b",
      [b(0), a(1), b(2)],
      ["2 c"],
    ],
    ["rules by id as by name", body("event_count", "{ gte: 1 }").replace("[a]", "[id-a]"), [a(0)], ["0 c"]],
    [
      "several rules of a count add up",
      body("event_count", "{ gte: 2 }").replace("[a]", "[a, b]"),
      [a(0), b(1)],
      ["1 c"],
    ],
    [
      "several group-by fields are an and",
      body("event_count", "{ gte: 2 }").replace("[user]", "[user, host]"),
      [a(0, { host: 1 }), a(1, { host: 2 }), a(2, { host: 1 })],
      ["2 c"],
    ],
    [
      "no group-by is one group",
      body("event_count", "{ gte: 2 }").replace("group-by: [user]\n", ""),
      [a(0, { user: "v" }), a(1)],
      ["1 c"],
    ],
    [
      "aliases",
      "type: temporal\nrules: [a, b]\ngroup-by: [ip]\ntimespan: 10m\naliases: { ip: { a: dst, b: src } }",
      [a(0, { dst: 1 }), b(1, { src: 2 }), b(2, { src: 1 })],
      ["2 c"],
    ],
    [
      "generate lets the rules report too",
      `${body("event_count", "{ gte: 2 }")}\ngenerate: true`,
      [a(0), a(1)],
      ["0 id-a", "1 id-a", "1 c"],
    ],
  ])("%s", (_, correlation, steps, expected) => {
    expect(run(engineOf(base("a"), base("b"), base("x"), correlate(correlation)), steps)).toEqual(expected);
  });

  it("failed logins followed by a successful one, the example of the specification", () => {
    const inner = `type: event_count\nrules: [failed_login]\ngroup-by: [User]\ntimespan: 10m\ncondition:\n  gte: 10`;
    const outer = `type: temporal_ordered\nrules:\n  - multiple_failed_login\n  - successful_login\ngroup-by: [User]\ntimespan: 10m`;
    const login = (name: string, ids: string) =>
      ruleOf(one(`EventID: ${ids}`), `title: ${name}\nid: ${name}\nname: ${name}`);
    const engine = engineOf(
      correlate(outer, "title: Chain\nid: chain"),
      correlate(inner, "title: Many\nid: many\nname: multiple_failed_login"),
      login("failed_login", "[529, 4625]"),
      login("successful_login", "[528, 4624]"),
    );
    const failed = Array.from({ length: 10 }, (_, at): Step => [at / 10, { EventID: 4625, User: "u" }]);
    expect(run(engine, [[0, { EventID: 4624, User: "u" }], ...failed])).toEqual([]);
    expect(
      run(engine, [
        [2, { EventID: 4624, User: "v" }],
        [3, { EventID: 4624, User: "u" }],
      ]),
    ).toEqual(["3 chain"]);
  });
});

describe("specification 2.1.0: files", () => {
  it("filters are added to rules by id or name", () => {
    const rule = ruleOf(one("Image: cmd.exe"));
    const filter =
      "title: F\nlogsource: { product: test }\nfilter:\n  rules: [r]\n  selection:\n    User|startswith: adm_\n  condition: not selection\n";
    const engine = engineOf(rule, filter);
    expect(evaluate(engine, { Image: "cmd.exe", User: "bob" })).toHaveLength(1);
    expect(evaluate(engine, { Image: "cmd.exe", User: "adm_bob" })).toEqual([]);
  });

  it("optional and custom attributes are taken as they are", () => {
    const head = `title: T
id: r
name: n
related: [{ id: x, type: derived }]
taxonomy: sigma
status: experimental
description: d
license: MIT
references: [https://example.org]
author: a
date: 2026-01-31
modified: 2026-02-01
fields: [f]
falsepositives: [none]
level: informational
tags: [attack.t1059, cve.2026-1]
scope: [server]
my_own: { x: 1 }`;
    const ruleset = compile([{ name: "r.yml", text: ruleOf(one("f: a"), head) }]);
    expect(ruleset.errors).toEqual([]);
    expect(ruleset.rules).toMatchObject([
      { id: "r", name: "n", level: "informational", status: "experimental", tags: ["attack.t1059", "cve.2026-1"] },
    ]);
  });

  it("rules are for their logsource, whatever its definition says", () => {
    const rule = ruleOf(one("f: a")).replace(
      "{ product: test }",
      "{ product: test, service: x, definition: Turn it on }",
    );
    const engine = engineOf(rule);
    expect(evaluate(engine, { f: "a" })).toEqual([]);
    const presented = {
      presentations: [{ logsource: { product: "Test", service: "x", category: "y" }, fields: { f: "a" } }],
    };
    expect(engine.evaluate(presented, { time: 0, id: "e" })).toHaveLength(1);
  });
});
