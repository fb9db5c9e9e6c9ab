import { describe, expect, it } from "vitest";
import { compile } from "./index.ts";

const rule = (id: string, extra = "") => `title: ${id}
id: ${id}
name: name-${id}
logsource: { product: linux, category: process_creation }
detection:
  selection: { Image|endswith: /tar }
  condition: selection
${extra}`;
const filter = (body: string, logsource = "{ product: linux }") =>
  `title: F\nlogsource: ${logsource}\nfilter:\n${body.replaceAll(/^/gm, "  ")}`;
const NOT_ADMIN = "selection: { User|startswith: adm_ }\ncondition: not selection";

function load(...documents: readonly string[]) {
  return compile([{ name: "r.yml", text: documents.join("\n---\n") }]);
}

function matched(documents: readonly string[], fields: Record<string, unknown>): string[] {
  const ruleset = load(...documents);
  expect(ruleset.errors).toEqual([]);
  const logsource = { product: "linux", category: "process_creation" };
  const event = { presentations: [{ logsource, fields }] };
  return ruleset
    .createEngine()
    .evaluate(event, { time: 0, id: "e" })
    .map((match) => match.ruleId);
}

describe("a filter", () => {
  const admin = { Image: "/bin/tar", User: "adm_jo" };
  const user = { Image: "/bin/tar", User: "jo" };

  it("takes matches away from the rules it names, by id or name, and from no other", () => {
    const documents = [rule("a"), rule("b"), rule("c"), filter(`rules: [a, name-b]\n${NOT_ADMIN}`)];
    expect(matched(documents, admin)).toEqual(["c"]);
    expect(matched(documents, user)).toEqual(["a", "b", "c"]);
  });

  it("with `any` applies to every rule its logsource covers", () => {
    const documents = [rule("a"), filter(`rules: any\n${NOT_ADMIN}`)];
    expect(matched(documents, admin)).toEqual([]);
    expect(matched([rule("a"), filter(`rules: any\n${NOT_ADMIN}`, "{ product: windows }")], admin)).toEqual(["a"]);
  });

  it("several filters add up, and keep their own selections apart from the rule's", () => {
    const other = filter("rules: any\nselection: { Image|contains: nothing }\ncondition: not 1 of selection*");
    expect(matched([rule("a"), other, filter(`rules: [a]\n${NOT_ADMIN}`)], admin)).toEqual([]);
    expect(matched([rule("a"), other, filter(`rules: [a]\n${NOT_ADMIN}`)], user)).toEqual(["a"]);
  });

  it.each([
    ["a rule that is not there", `rules: [a, gone]\n${NOT_ADMIN}`, "{ product: linux }", '"gone"'],
    ["a logsource it does not cover", `rules: [a]\n${NOT_ADMIN}`, "{ product: windows }", "does not cover"],
    ["no rules", NOT_ADMIN, "{ product: linux }", "names no rules"],
    ["no condition", "rules: any\nselection: { a: 1 }", "{ product: linux }", "no condition"],
    ["an empty list", `rules: []\n${NOT_ADMIN}`, "{ product: linux }", "names no rules"],
  ])("with %s is named and stops no rule", (_, body, logsource, message) => {
    const ruleset = load(rule("a"), filter(body, logsource));
    expect(ruleset.errors).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(ruleset.rules.map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("a rule collection", () => {
  const GLOBAL = "action: global\ntitle: G\nlogsource: { product: linux, category: process_creation }\nlevel: high";
  const part = (id: string, image: string, more = "") =>
    `id: ${id}\ndetection:\n  selection: { Image: ${image} }\n  condition: selection\n${more}`;

  it("lays its rules over the global document, until reset", () => {
    const ruleset = load(GLOBAL, part("a", "/a"), part("b", "/b", "level: low"), "action: reset", part("c", "/c"));
    expect(ruleset.rules.map(({ id, title, level }) => [id, title, level])).toEqual([
      ["a", "G", "high"],
      ["b", "G", "low"],
    ]);
    expect(ruleset.errors).toMatchObject([{ ruleId: "c", message: expect.stringContaining("no logsource") }]);
  });

  it("merges maps in depth: a detection may be completed by its documents", () => {
    const global = `${GLOBAL}\ndetection:\n  selection: { User: root }\n  condition: selection`;
    const documents = [global, "id: a\ndetection:\n  selection: { Image: /a }"];
    expect(matched(documents, { Image: "/a", User: "root" })).toEqual(["a"]);
    expect(matched(documents, { Image: "/a", User: "jo" })).toEqual([]);
  });

  it("repeats the rule before it with changes", () => {
    const repeated = "action: repeat\nid: d\ndetection:\n  selection: { Image: /d }";
    expect(matched([GLOBAL, part("a", "/a"), repeated], { Image: "/d" })).toEqual(["d"]);
  });

  it("with an unknown action, or nothing to repeat, is named", () => {
    expect(load("action: include\ntitle: x").errors).toMatchObject([{ line: 1, column: 9 }]);
    expect(load("action: repeat\nid: d").errors).toMatchObject([
      { message: expect.stringContaining("no rule before") },
    ]);
  });
});
