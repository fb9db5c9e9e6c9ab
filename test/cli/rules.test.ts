import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
    expect(await run("check")).toMatchObject({ code: 0, out: expect.stringContaining("0 fault(s).") });
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
    expect(out).toContain("1 rule(s) load, 1 fault(s).");
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
});
