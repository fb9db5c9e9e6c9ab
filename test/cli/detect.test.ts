import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFirebreak } from "./firebreak.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "fbk-detect-"));
  writeFileSync(path.join(place, "good.yml"), rule("good", "cmd|contains: evil"));
  writeFileSync(path.join(place, "linux.yaml"), rule("linux-only", "cmd|contains: evil", "linux"));
  writeFileSync(path.join(place, "bad.yml"), rule("bad", "cmd|containz: x"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function rule(id: string, line: string, product = "windows"): string {
  return `title: Rule ${id}\nid: ${id}\nlogsource: { product: ${product} }\nlevel: high\ndetection:\n  s:\n    ${line}\n  condition: s\n`;
}

const detect = (words: readonly string[], input = "") =>
  startFirebreak(["detect", ...words], { cwd: place, input }).ended;

const EVENTS = '{"cmd":"fine"}\n{"cmd":"EVIL one","product":"windows"}\n{"cmd":"evil two"}\n';

describe("D-4: firebreak detect", () => {
  test("prints one JSON line for each match, with file, index, rule, title and level, and names a broken rule", async () => {
    writeFileSync(path.join(place, "events.ndjson"), EVENTS);
    const { code, out, error } = await detect(["--rules", ".", "--format", "json", "events.ndjson", "-"], EVENTS);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toBe('{"file":"events.ndjson","index":1,"ruleId":"good","title":"Rule good","level":"high"}');
    const found = lines.map((line): { file: string; index: number; ruleId: string } => JSON.parse(line));
    const inFile = (file: string) =>
      [1, 2].flatMap((index) => ["good", "linux-only"].map((ruleId) => `${file} ${index} ${ruleId}`));
    expect(found.map(({ file, index, ruleId }) => `${file} ${index} ${ruleId}`).sort()).toEqual(
      [...inFile("events.ndjson"), ...inFile("-")].sort(),
    );
    expect(error).toMatch(/bad\.yml:7:9 "containz" is not a Sigma modifier/);
  });

  test("--routing asks a rule only about its own log source", async () => {
    const { out } = await detect(["--rules", "good.yml", "--rules", "linux.yaml", "--routing", "--json", "-"], EVENTS);
    expect(out).toBe('{"file":"-","index":1,"ruleId":"good","title":"Rule good","level":"high"}\n');
  });

  test("reads objects printed over many lines, lists and .gz files, and says in words what was found", async () => {
    const text = JSON.stringify([{ cmd: "evil" }, { cmd: "ok" }, { cmd: "evil" }], null, 2);
    writeFileSync(path.join(place, "list.json.gz"), gzipSync(text));
    const { code, out, error } = await detect(["--rules", "good.yml", "list.json.gz"]);
    expect(code).toBe(0);
    expect(out).toBe(
      [0, 2].map((index) => `list.json.gz[${index}] Rule good (high): cmd contains "evil" in "evil"\n`).join(""),
    );
    expect(error).toContain("3 event(s), 2 match(es), 0 fault(s).");
  });

  test("D-6: tells of what did not happen at the object that shows it, and at the end", async () => {
    const base = rule("beat", "kind: heartbeat", "windows").replace("id: beat", "id: beat\nname: beat");
    const absence =
      "title: Missed\nid: missed\ncorrelation:\n  type: firebreak.absence\n  rules: [beat]\n  group-by: [host]\n  timespan: 10m\n";
    writeFileSync(path.join(place, "absence.rules"), `${base}---\n${absence}`);
    const beat = (host: string, minute: number) =>
      JSON.stringify({ kind: "heartbeat", host, time: `2026-01-31T12:${String(minute).padStart(2, "0")}:00Z` });
    const lines = [beat("a", 0), beat("b", 1), beat("b", 10), beat("b", 19), beat("c", 29)].join("\n");
    const { out } = await detect(["--rules", "absence.rules", "--json", "-"], lines);
    const found = out.trimEnd().split("\n");
    const missed = (index: number) =>
      `{"file":"-","index":${index},"ruleId":"missed","title":"Missed","level":"medium"}`;
    expect(found).toEqual([missed(3), missed(4)]);
  });

  test("names what it cannot read, with its line, judges the rest and ends with 1", async () => {
    const { code, out, error } = await detect(
      ["--rules", "good.yml", "-"],
      '{"cmd":"evil"}\nnonsense\n{"cmd":"evil"}\n',
    );
    expect(code).toBe(1);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    expect(error).toContain("-:2 this is no JSON object: nonsense");
  });

  test.each([
    [["-"], 2, "--rules DIR is missing"],
    [["--rules", "good.yml"], 2, "FILE is missing"],
    [["--rules", "nowhere", "-"], 1, "There is no nowhere"],
    [["--rules", "bad.yml", "-"], 1, "No rule could be loaded"],
    [["--rules", "good.yml", "gone.json"], 1, "gone.json cannot be read"],
    [["--rules", "good.yml", "--format", "xml", "-"], 2, "--format takes text or json"],
  ])("%j: ends with %i and says %s", async (words, exitCode, message) => {
    const { code, error } = await detect(words);
    expect({ code, error }).toEqual({ code: exitCode, error: expect.stringContaining(message) });
  });
});
