import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadProfile } from "../kernel/index.ts";
import { loadRules } from "./load-rules.ts";
import { presentRecord } from "./present-record.ts";
import { runRuleCases } from "./rule-cases.ts";

const at = (place: string) => fileURLToPath(new URL(`../../../../${place}`, import.meta.url));
const { profile } = await loadProfile({ home: at("no-home"), profilesDir: at("profiles"), name: "ai-empire" });
const shipped = await loadRules([at("rules")], { placeholders: profile?.placeholders });
const { results, problems } = await runRuleCases(shipped.ruleset);

describe("D-5: the shipped rules", () => {
  it("load with the shipped profile without a fault", () => {
    expect(shipped.errors).toEqual([]);
    expect(problems).toEqual([]);
    expect(shipped.rules.length).toBeGreaterThan(20);
  });

  it("have a file of cases each", () => {
    const files = new Set(shipped.rules.map(({ file }) => file));
    expect([...files].filter((file) => !existsSync(file.replace(/\.yml$/, ".cases.yml")))).toEqual([]);
  });

  it("say what they mistake, and what incident they make, when they alert", () => {
    for (const rule of shipped.rules.filter(({ alerts }) => alerts)) {
      expect(rule).not.toMatchObject({ falsePositives: [] });
      expect(rule).toMatchObject({ custom: { incident_type: expect.any(String), severity: expect.any(Number) } });
    }
  });

  it("have a case each that makes them report", () => {
    const reported = new Set(results.flatMap(({ expected }) => Object.keys(expected)));
    expect(shipped.rules.filter(({ id, alerts }) => alerts && !reported.has(id)).map(({ title }) => title)).toEqual([]);
  });

  it.each(results)("$file: $name", ({ command, expected, got }) => {
    expect({ command, got }).toEqual({ command, got: expected });
  });

  it("say nothing to an agent that does its work: a command every few seconds, its files, its questions", () => {
    const engine = shipped.ruleset.createEngine();
    const events = [
      { kind: "command", data: { command: "ls" } },
      { kind: "tool_call", data: { tool_name: "read", file_path: "src/index.ts", response: "export const x = 1;" } },
      { kind: "prompt", data: { content: "Please add a test for the parser and run it." } },
      {
        kind: "network",
        data: { url: "https://registry.npmjs.org/yaml", method: "GET", status: 200, duration_ms: 120 },
      },
      { kind: "heartbeat", data: {} },
    ];
    const said = Array.from({ length: 1200 }, (_, index) => {
      const event = presentRecord({ agent: { id: "scout" }, ...events[index % events.length] }, { routing: false });
      return engine.evaluate(event, { id: `e${index}`, time: index * 5000 });
    });
    expect(said.flat().map(({ sentence }) => sentence)).toEqual([]);
  });

  it("are bound in the profile by ids that exist", () => {
    const ids = new Set(shipped.rules.map(({ id }) => id));
    expect(profile?.detectors.filter(({ rule }) => !ids.has(rule))).toEqual([]);
  });

  it("are named in the table of the runbooks' detections by names that exist", () => {
    const table = readFileSync(at("docs/detections.md"), "utf8");
    const names = new Set(shipped.rules.map(({ name }) => name));
    const rows = table.split("\n").filter((line) => line.startsWith("| "));
    const named = rows.flatMap((row) =>
      [...(row.split("|")[3] ?? "").matchAll(/`([a-z_\d]+)`/g)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });
});
