import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compile, type Match } from "./index.ts";

interface Step {
  readonly times: number;
  readonly everyMs: number;
  readonly fields: Record<string, unknown>;
}

interface Pause {
  readonly waitMs: number;
}

interface Case {
  readonly name: string;
  readonly stream?: readonly (Step | Pause)[];
  readonly commands?: readonly string[];
  readonly expect: Readonly<Record<string, number>>;
}

const rulesDir = fileURLToPath(new URL("../../../rules", import.meta.url));
const LOGSOURCE = { product: "ai_agent", category: "agent_events" };
const files = readdirSync(rulesDir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yml"));
const ruleFiles = files.filter((name) => !name.endsWith(".cases.yml"));

const load = (name: string) => ({ name, text: readFileSync(join(rulesDir, name), "utf8") });

function readCases(name: string): readonly Case[] {
  const data: { cases: readonly Case[] } = parse(load(name).text);
  return data.cases;
}

/** Runs a stream on a fresh engine with all shipped rules and counts the reports by rule. */
function reportsOf(steps: readonly (Step | Pause)[]): Record<string, number> {
  const engine = shipped.createEngine();
  const reports: Record<string, number> = {};
  let time = Date.UTC(2026, 0, 1);
  let number = 0;
  const count = (matches: readonly Match[]): void => {
    for (const { ruleId } of matches) reports[ruleId] = (reports[ruleId] ?? 0) + 1;
  };
  for (const one of steps) {
    if ("waitMs" in one) {
      count(engine.advance((time += one.waitMs)));
      continue;
    }
    const { times, everyMs, fields } = one;
    for (let index = 0; index < times; index++) {
      count(engine.evaluate({ presentations: [{ logsource: LOGSOURCE, fields }] }, { time, id: `e${number++}` }));
      time += everyMs;
    }
  }
  return reports;
}

const shipped = compile(ruleFiles.map(load));

describe("D-5: the shipped rules", () => {
  it("compile without an error and have a file of cases each", () => {
    expect(shipped.errors).toEqual([]);
    expect(ruleFiles.length).toBeGreaterThan(0);
    const withCases = files.filter((name) => name.endsWith(".cases.yml"));
    expect(withCases.map((name) => name.replace(".cases.yml", ".yml")).sort()).toEqual([...ruleFiles].sort());
  });

  it("say what they mistake, and what incident they make, when they alert", () => {
    for (const rule of shipped.rules.filter(({ alerts }) => alerts)) {
      expect(rule).not.toMatchObject({ falsePositives: [] });
      expect(rule).toMatchObject({
        custom: { incident_type: expect.any(String), severity: expect.any(Number) },
      });
    }
  });

  for (const name of files.filter((file) => file.endsWith(".cases.yml"))) {
    describe(`${name}:`, () => {
      const owned = new Set(
        shipped.rules.filter(({ file }) => file === name.replace(".cases.yml", ".yml")).map(({ id }) => id),
      );
      const ownReports = (steps: readonly (Step | Pause)[]) =>
        Object.fromEntries(Object.entries(reportsOf(steps)).filter(([id]) => owned.has(id)));
      for (const { name: title, stream, commands, expect: expected } of readCases(name)) {
        it(title, () => {
          expect(ownReports(stream ?? [])).toEqual(stream === undefined ? {} : expected);
          for (const command of commands ?? []) {
            const fields = { event_type: "command", command, "agent.id": "a-1" };
            expect({ command, reports: ownReports([{ times: 1, everyMs: 0, fields }]) }).toEqual({
              command,
              reports: expected,
            });
          }
        });
      }
    });
  }
});
