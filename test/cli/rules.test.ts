import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, startFirebreak } from "./firebreak.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "fbk-rules-"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const RULE = `title: Evil
id: evil
logsource: { product: ai_agent, category: agent_events }
detection:
  s: { command|contains: evil }
  condition: s
`;

function write(folder: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(place, "set-"));
  for (const [name, text] of Object.entries(folder)) writeFileSync(path.join(directory, name), text);
  return path.basename(directory);
}

const run = (...words: string[]) =>
  startFirebreak(["rules", ...words], { cwd: place, variables: { FIREBREAK_HOME: place } }).ended;

describe("D-4: firebreak rules", () => {
  test("check passes on the shipped rules, and test runs all of their cases", async () => {
    expect(await run("check")).toMatchObject({ code: 0, out: expect.stringContaining("0 fault(s), ") });
    const { code, out } = await run("test", "--json", path.join(REPOSITORY, "rules"));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ passed: expect.any(Number), failed: [], problems: [], errors: [] });
    expect(JSON.parse(out).passed).toBeGreaterThan(40);
  });

  test("check names a rule that does not load with file, line, column and remedy, and ends with 1", async () => {
    const folder = write({
      "good.yml": RULE,
      "bad.yml": RULE.replace("id: evil", "id: bad").replace("contains", "containz"),
    });
    const { code, out } = await run("check", folder);
    expect(code).toBe(1);
    expect(out).toContain(`${folder}/bad.yml:5:16 "containz" is not a Sigma modifier`);
    expect(out).toContain("1 rule(s) load, 1 fault(s), 0 hint(s).");
  });

  test("test shows what a case expected and what it got, with the command", async () => {
    const cases =
      'cases:\n  - { name: wrong, commands: ["evil x", "good x"], expect: { evil: 1 } }\n  - { name: right, commands: ["an evil"], expect: { evil: 1 } }\n';
    const { code, out } = await run("test", write({ "r.yml": RULE, "r.cases.yml": cases }));
    expect(code).toBe(1);
    expect(out).toMatch(/r\.cases\.yml: wrong\n {2}command: {2}good x\n {2}expected: evil × 1\n/);
    expect(out).toContain("got:      no report");
    expect(out).toContain("1 case(s) pass, 1 fail.");
  });

  test("a file of cases that is none is named", async () => {
    const { code, out } = await run("test", write({ "r.yml": RULE, "r.cases.yml": "cases: [{ name: x }]" }));
    expect(code).toBe(1);
    expect(out).toContain("r.cases.yml: cases/0/expect");
  });

  test("a place that is not there is named", async () => {
    expect(await run("check", "nowhere")).toMatchObject({
      code: 1,
      error: expect.stringContaining("There is no nowhere."),
    });
  });

  test("check --fix rewrites older forms and nothing else, and hints at what it cannot know", async () => {
    const old = RULE.replace("id: evil", "id: old\ndate: 2024/01/31 # kept").replace(
      "command|contains: evil",
      "comand|re|ignorecase: e",
    );
    const folder = write({ "old.yml": old });
    const before = await run("check", folder);
    expect(before.code).toBe(0);
    expect(before.out).toContain(`${folder}/old.yml:3:7 a date of version 1: "2024/01/31" is written "2024-01-31"`);
    expect(before.out).toContain('did you mean "command"?');
    expect(before.out).toContain("0 fault(s), 3 hint(s).");
    const after = await run("check", folder, "--fix");
    expect(after.out).toContain("0 fault(s), 1 hint(s).");
    expect(readFileSync(path.join(place, folder, "old.yml"), "utf8")).toBe(
      old.replace("2024/01/31", "2024-01-31").replace("ignorecase", "i"),
    );
  });

  test("explain shows the tree, for a rule by id, name or title, and suggests one for a misspelt id", async () => {
    const folder = write({ "r.yml": RULE });
    const event = JSON.stringify({ agent: { id: "a" }, kind: "command", data: { command: "ls" } });
    const explain = (rule: string, ...more: string[]) =>
      startFirebreak(["rules", "explain", rule, "--rules", folder, "--event", "-", ...more], {
        cwd: place,
        variables: { FIREBREAK_HOME: place },
        input: event,
      }).ended;
    const { code, out } = await explain("Evil");
    expect(code).toBe(0);
    expect(out).toContain("Evil (evil, medium): does not match");
    expect(out).toContain('- command|contains: "evil" in "ls"');
    expect(JSON.parse((await explain("evil", "--json")).out)).toMatchObject([
      {
        ruleId: "evil",
        matched: false,
        events: [{ index: 0, presentations: [{ covered: true, holds: false }, { covered: false }] }],
      },
    ]);
    expect(await explain("evli")).toMatchObject({ code: 1, error: expect.stringContaining("Did you mean evil?") });
  });

  test("explain takes a record of no known source for what the rule is about, as detect does", async () => {
    const folder = write({
      "log.yml":
        "title: Log\nid: log\nlogsource: { category: own }\ndetection:\n  s: { text|contains: bad }\n  condition: s\n",
    });
    const ask = (...command: string[]) =>
      startFirebreak([...command, "--rules", folder], {
        cwd: place,
        variables: { FIREBREAK_HOME: place },
        input: '{"text":"something bad"}',
      }).ended;
    expect((await ask("detect", "-")).out).toContain("Log (medium)");
    const { out } = await ask("rules", "explain", "log", "--event", "-");
    expect(out).toContain("Log (log, medium): matches");
    expect(out).toContain('+ text|contains: "bad" in "something bad"');
  });

  test("bench measures the shipped rules on the shipped sample", async () => {
    const { code, out } = await run("bench", "--json", path.join(REPOSITORY, "rules"));
    expect(code).toBe(0);
    const { events, eventsPerSecond, costs } = JSON.parse(out);
    expect(events).toBeGreaterThan(100);
    expect(eventsPerSecond).toBeGreaterThan(0);
    expect(costs).toHaveLength(10);
  });

  test("import says what it would do, and does it with --write", async () => {
    const windows = RULE.replace("id: evil", "id: win").replace(
      /logsource: .*/,
      "logsource: { product: windows, category: x }",
    );
    const folder = write({
      "good.yml": `${RULE}author: Ada\n`,
      "win.yml": windows,
      "bad.yml": RULE.replace("id: evil", "id: bad").replace("contains", "containz"),
      LICENSE: "DRL 1.1",
    });
    const target = path.join(place, "rules/imported", folder);
    const planned = await run("import", folder);
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.out).toContain("Would copy 2 rule(s) in 2 file(s)");
    expect(planned.out).toContain(`${folder}/bad.yml:5:16 "containz" is not a Sigma modifier`);
    expect(planned.out).toContain("windows/x: 1 rule(s)");
    expect(existsSync(target)).toBe(false);
    const fed = JSON.parse((await run("import", folder, "--fed", "--json")).out);
    expect(fed).toMatchObject({ leftOut: 1, written: false, files: [{ ruleIds: ["evil"], state: "new" }] });
    expect((await run("import", folder, "--write")).out).toContain("Copied 2 rule(s)");
    expect(readFileSync(path.join(target, "good.yml"), "utf8")).toBe(`${RULE}author: Ada\n`);
    expect(readFileSync(path.join(target, "LICENSE"), "utf8")).toBe("DRL 1.1");
    expect(JSON.parse((await run("import", folder, "--json")).out).files).toMatchObject([
      { state: "same" },
      { state: "same" },
    ]);
    // the same id from elsewhere is in force already
    const other = write({ "other.yml": RULE });
    expect((await run("import", other)).out).toContain("other.yml: evil is in rules/imported");
    mkdirSync(path.join(place, "rules/mine"), { recursive: true });
    expect(await run("import", "rules/mine")).toMatchObject({ code: 1, error: expect.stringContaining("overlaps") });
    rmSync(path.join(place, "rules"), { recursive: true });
  });
});
